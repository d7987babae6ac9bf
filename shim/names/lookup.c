/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lookup.c - from a name to a host, from an address to a host
 *
 * What this room is for
 *   The order of things: files, localhost, name servers; and within the name
 *   servers, the name as it is and the name with each search domain.
 *
 * Proved by  integration/names.sh
 * Never      keeps a file between calls: it may change. What name servers
 *            answered is kept by dns_cache.c for its time.
 */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netinet/in.h>

#include "ground/config.h"
#include "dns_client.h"
#include "ground/raw.h"
#include "ground/shim.h"

enum {
	/* Block lists in /etc/hosts reach some megabytes. */
	FILE_MAX_BYTES = 64 << 20,
	PORT = 53,
};

struct text {
	char *bytes; /* malloc, or NULL */
	size_t len;
};

/* What there is of the file; a missing one is empty. False: no memory. */
static bool read_file(const char *path, struct text *out)
{
	struct stat st = {.st_size = 0};
	size_t size = 0;
	ssize_t n;
	int fd;

	/* The host's file, also where the program is shown another one. */
	fd = (int)raw3(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		size = st.st_size < FILE_MAX_BYTES ? (size_t)st.st_size
						   : FILE_MAX_BYTES;
	*out = (struct text){.bytes = malloc(size + 1)};
	while (out->bytes && out->len < size) {
		n = read(fd, out->bytes + out->len, size - out->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return out->bytes != NULL;
}

/* glibc asks the own machine when nobody is named; so do we, in the stack. */
static void use_default_server(struct resolve_conf *conf)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&conf->servers[0];

	sin->sin_family = AF_INET;
	sin->sin_port = htons(PORT);
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conf->nservers = 1;
}

/* What the network told comes before the host's files. */
static void use_learned_domains(struct resolve_conf *conf)
{
	char name[RESOLVE_SEARCH_SIZE];
	size_t n = 0;

	while (n < RESOLVE_SEARCH_MAX &&
	       stack_search_domain(n, name, sizeof(name)))
		memcpy(conf->search[n++], name, sizeof(name));
	if (n > 0)
		conf->nsearch = n;
}

/* NSSHIM_DNS is not set. */
static void use_learned_servers(struct resolve_conf *conf)
{
	struct sockaddr_storage learned[RESOLVE_SERVERS_MAX];
	size_t n = stack_dns(learned, RESOLVE_SERVERS_MAX);

	if (n == 0)
		return;
	memcpy(conf->servers, learned, n * sizeof(learned[0]));
	conf->nservers = n;
	use_learned_domains(conf);
}

bool lookup_host_conf(struct resolve_conf *conf)
{
	struct text text;

	resolve_conf_init(conf);
	if (!read_file("/etc/resolv.conf", &text))
		return false;
	resolve_conf_read(conf, text.bytes, text.len);
	free(text.bytes);
	return true;
}

bool lookup_add_to_host_conf(struct resolve_conf *conf)
{
	struct text text;

	if (!read_file("/etc/nsswitch.conf", &text))
		return false;
	resolve_conf_read_nsswitch(conf, text.bytes, text.len);
	free(text.bytes);
	if (config.ndns > 0) {
		conf->nservers = config.ndns;
		memcpy(conf->servers, config.dns,
		       config.ndns * sizeof(config.dns[0]));
	} else {
		use_learned_servers(conf);
	}
	if (conf->nservers == 0)
		use_default_server(conf);
	resolve_conf_override(conf, getenv("LOCALDOMAIN"),
			      getenv("RES_OPTIONS"));
	return true;
}

bool lookup_conf(struct resolve_conf *conf)
{
	return lookup_host_conf(conf) && lookup_add_to_host_conf(conf);
}

bool lookup_has_own_servers(void)
{
	struct sockaddr_storage one;

	if (config.ndns > 0)
		return true;
	/* The network may have told before the first socket. */
	if (config.stack.dhcp4)
		shim_need_start();
	return stack_is_up() && stack_dns(&one, 1) > 0;
}

/* --- /etc/hosts and localhost -------------------------------------------- */

static bool find_in_files(const char *name, unsigned int families,
			  const struct host_addr *addr, struct host *out)
{
	struct text text;
	bool is_found;

	if (!read_file("/etc/hosts", &text))
		return false;
	is_found =
		name ? hosts_by_name(text.bytes, text.len, name, families, out)
		     : hosts_by_addr(text.bytes, text.len, addr, out);
	free(text.bytes);
	return is_found;
}

static bool is_localhost(const char *name)
{
	static const char word[] = "localhost";
	size_t word_len = sizeof(word) - 1;
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		len--;
	return len >= word_len &&
	       !strncasecmp(name + len - word_len, word, word_len) &&
	       (len == word_len || name[len - word_len - 1] == '.');
}

static void add_loopback(unsigned int families, const char *name,
			 struct host *out)
{
	static const uint8_t loop6[16] = {[15] = 1};
	static const uint8_t loop4[4] = {127, 0, 0, 1};

	host_set_name(out, name);
	if (families & HOST_V6)
		host_add_addr(out, AF_INET6, loop6, 0);
	if (families & HOST_V4)
		host_add_addr(out, AF_INET, loop4, 0);
}

/* --- name servers -------------------------------------------------------- */

/* What several answers mean together: data wins, then doubt, then no. */
static enum lookup_verdict sum_up(const struct dns_query *queries, size_t n)
{
	enum lookup_verdict sum = LOOKUP_NO_NAME;

	for (size_t i = 0; i < n; i++) {
		if (queries[i].verdict == DNS_ANSWERED)
			return LOOKUP_FOUND;
		if (queries[i].verdict == DNS_NO_DATA && sum == LOOKUP_NO_NAME)
			sum = LOOKUP_NO_DATA;
		if (queries[i].verdict == DNS_FAILED)
			sum = LOOKUP_TRY_AGAIN;
	}
	return sum;
}

static void take_answers(const struct dns_query *queries, size_t n,
			 const char *asked, struct host *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct dns_answer *a = &queries[i].answer;
		int family = queries[i].type == DNS_A ? AF_INET : AF_INET6;

		if (queries[i].verdict != DNS_ANSWERED)
			continue;
		host_set_name(out, a->canon);
		for (size_t k = 0; k < a->naddrs; k++)
			host_add_addr(out, family, a->addrs[k], 0);
	}
	host_add_alias(out, asked);
}

/* Asks for one complete name. */
static enum lookup_verdict ask(const struct resolve_conf *conf,
			       const char *name, unsigned int families,
			       struct host *out)
{
	struct dns_query *queries;
	enum lookup_verdict v;
	struct dns_name wire;
	char asked[DNS_NAME_TEXT_MAX];
	size_t n = 0;

	/* What no server could have said is not asked either. */
	if (dns_name_parse(name, &wire) < 0 ||
	    dns_name_print(&wire, asked) < 0 || !asked[0])
		return LOOKUP_NO_NAME;
	queries = calloc(DNS_CLIENT_MAX, sizeof(*queries));
	if (!queries)
		return LOOKUP_NO_MEMORY;
	if ((families & HOST_V6) && !conf->no_aaaa)
		queries[n++].type = DNS_AAAA;
	if (families & HOST_V4)
		queries[n++].type = DNS_A;
	dns_client_ask(conf, &wire, queries, n);
	v = n > 0 ? sum_up(queries, n) : LOOKUP_NO_DATA;
	if (v == LOOKUP_FOUND)
		take_answers(queries, n, asked, out);
	free(queries);
	return v;
}

static enum lookup_verdict ask_in_domain(const struct resolve_conf *conf,
					 const char *name, const char *domain,
					 unsigned int families,
					 struct host *out)
{
	char whole[HOST_NAME_SIZE + RESOLVE_SEARCH_SIZE];
	size_t name_len = strlen(name);
	size_t domain_len = strlen(domain);

	if (name_len + 1 + domain_len >= sizeof(whole))
		return LOOKUP_NO_NAME;
	memcpy(whole, name, name_len);
	whole[name_len] = '.';
	memcpy(whole + name_len + 1, domain, domain_len + 1);
	return ask(conf, whole, families, out);
}

/* The one to report, of two that did not find it. */
static enum lookup_verdict worse(enum lookup_verdict a, enum lookup_verdict b)
{
	return a > b ? a : b;
}

/* resolv.conf(5): enough dots mean the name as it is first, else last. */
static enum lookup_verdict search_dns(const struct resolve_conf *conf,
				      const char *name, unsigned int families,
				      struct host *out)
{
	size_t len = strlen(name);
	bool is_complete = len > 0 && name[len - 1] == '.';
	bool as_it_is_first = resolve_conf_asks_as_it_is_first(conf, name);
	enum lookup_verdict sum = LOOKUP_NO_NAME;
	enum lookup_verdict v;

	if (as_it_is_first) {
		sum = ask(conf, name, families, out);
		if (sum == LOOKUP_FOUND || is_complete)
			return sum;
	}
	for (size_t i = 0; i < conf->nsearch; i++) {
		/* Nobody there: the same servers would be silent again. */
		if (sum == LOOKUP_TRY_AGAIN)
			return sum;
		v = ask_in_domain(conf, name, conf->search[i], families, out);
		if (v == LOOKUP_FOUND)
			return v;
		sum = worse(sum, v);
	}
	if (as_it_is_first || sum == LOOKUP_TRY_AGAIN)
		return sum;
	v = ask(conf, name, families, out);
	return v == LOOKUP_FOUND ? v : worse(sum, v);
}

static enum lookup_verdict ask_backwards(const struct resolve_conf *conf,
					 const struct host_addr *addr,
					 struct host *out)
{
	struct dns_query *query = calloc(1, sizeof(*query));
	enum lookup_verdict v;
	struct dns_name name;

	if (!query)
		return LOOKUP_NO_MEMORY;
	dns_name_of_addr(addr->bytes, addr->family == AF_INET ? 4 : 16, &name);
	query->type = DNS_PTR;
	dns_client_ask(conf, &name, query, 1);
	v = sum_up(query, 1);
	if (v == LOOKUP_FOUND)
		host_set_name(out, query->answer.canon);
	free(query);
	return v;
}

/* --- all sources --------------------------------------------------------- */

/* Either name or addr is given. */
static enum lookup_verdict look_up(const char *name, unsigned int families,
				   const struct host_addr *addr,
				   struct host *out)
{
	enum lookup_verdict sum = LOOKUP_NO_NAME;
	struct resolve_conf conf;

	host_clear(out);
	if (!lookup_conf(&conf))
		return LOOKUP_NO_MEMORY;
	for (size_t i = 0; i < conf.nsources; i++) {
		enum lookup_verdict v = LOOKUP_NO_NAME;

		switch (conf.sources[i].source) {
		case RESOLVE_FILES:
			if (find_in_files(name, families, addr, out))
				v = LOOKUP_FOUND;
			break;
		case RESOLVE_DNS:
			if (name && is_localhost(name))
				break;
			v = name ? search_dns(&conf, name, families, out)
				 : ask_backwards(&conf, addr, out);
			break;
		}
		if (v == LOOKUP_FOUND)
			return v;
		sum = worse(sum, v);
		if (conf.sources[i].stops && v == LOOKUP_NO_NAME)
			break;
	}
	/* A file that knows it by another family is the last word. */
	if (!name || !is_localhost(name) ||
	    find_in_files(name, HOST_V4 | HOST_V6, NULL, out))
		return sum;
	add_loopback(families, name, out);
	return LOOKUP_FOUND;
}

/* A cancelled thread would leave sockets and memory behind; what is waited for
 * here has a bound. */
static enum lookup_verdict look_up_whole(const char *name,
					 unsigned int families,
					 const struct host_addr *addr,
					 struct host *out)
{
	enum lookup_verdict v;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	v = look_up(name, families, addr, out);
	pthread_setcancelstate(state, NULL);
	return v;
}

enum lookup_verdict lookup_name(const char *name, unsigned int families,
				struct host *out)
{
	return look_up_whole(name, families, NULL, out);
}

enum lookup_verdict lookup_addr(const struct host_addr *addr, struct host *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct host_addr v4 = {.family = AF_INET};

	/* A v4-mapped address has the v4 one's name. */
	if (addr->family == AF_INET6 &&
	    !memcmp(addr->bytes, mapped, sizeof(mapped))) {
		memcpy(v4.bytes, addr->bytes + 12, 4);
		addr = &v4;
	}
	return look_up_whole(NULL, 0, addr, out);
}

void lookup_own_domain(char *domain, size_t size)
{
	struct resolve_conf conf;

	domain[0] = '\0';
	if (!lookup_conf(&conf) || conf.nsearch == 0 ||
	    strlen(conf.search[0]) >= size)
		return;
	memcpy(domain, conf.search[0], strlen(conf.search[0]) + 1);
}
