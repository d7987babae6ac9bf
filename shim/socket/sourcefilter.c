/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sourcefilter.c - getsourcefilter, setsourcefilter and their IPv4 forms
 *
 * What this room is for
 *   libc makes options out of these calls, inside of itself, where nobody sees
 *   it. So they are made here once more.
 *
 * Never      decides about a filter: sockopt.c is asked, whosever the
 *            descriptor is.
 * Follows    RFC 3678 4.1, 4.2; glibc on which family an address is of.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ground/ret.h"
#include "ground/shim.h"

/* Beyond this the length of the option would not fit its int. */
enum { SOURCES_MAX = 0xffffff - 1 };

/* The level that an address of this family and length belongs to; -1: none. */
static int level_of(const struct sockaddr *group, socklen_t len)
{
	if (group->sa_family == AF_INET6 && len == sizeof(struct sockaddr_in6))
		return IPPROTO_IPV6;
	if (group->sa_family == AF_INET && len == sizeof(struct sockaddr_in))
		return IPPROTO_IP;
	if (len == sizeof(struct sockaddr_in6))
		return IPPROTO_IPV6;
	return len == sizeof(struct sockaddr_in) ? IPPROTO_IP : -1;
}

/* A filter of n sources for this group. */
static int new_group_filter(uint32_t interface, const struct sockaddr *group,
			    socklen_t grouplen, uint32_t n,
			    struct group_filter **f, socklen_t *len)
{
	if (level_of(group, grouplen) < 0)
		return -EINVAL;
	if (n > SOURCES_MAX)
		return -ENOBUFS;
	*len = (socklen_t)GROUP_FILTER_SIZE(n);
	*f = calloc(1, *len);
	if (!*f)
		return -ENOMEM;
	(*f)->gf_interface = interface;
	memcpy(&(*f)->gf_group, group, grouplen);
	(*f)->gf_numsrc = n;
	return 0;
}

SHIM_EXPORT int getsourcefilter(int fd, uint32_t interface,
				const struct sockaddr *group,
				socklen_t grouplen, uint32_t *mode, uint32_t *n,
				struct sockaddr_storage *list)
{
	struct group_filter *f;
	socklen_t len;
	int ret = new_group_filter(interface, group, grouplen, *n, &f, &len);

	if (ret < 0)
		return (int)shim_ret(ret);
	ret = getsockopt(fd, level_of(group, grouplen), MCAST_MSFILTER, f,
			 &len);
	if (ret == 0) {
		uint32_t have = f->gf_numsrc < *n ? f->gf_numsrc : *n;

		*mode = f->gf_fmode;
		memcpy(list, f->gf_slist, have * sizeof(*list));
		*n = f->gf_numsrc;
	}
	free(f);
	return ret;
}

SHIM_EXPORT int setsourcefilter(int fd, uint32_t interface,
				const struct sockaddr *group,
				socklen_t grouplen, uint32_t mode, uint32_t n,
				const struct sockaddr_storage *list)
{
	struct group_filter *f;
	socklen_t len;
	int ret = new_group_filter(interface, group, grouplen, n, &f, &len);

	if (ret < 0)
		return (int)shim_ret(ret);
	f->gf_fmode = mode;
	if (n)
		memcpy(f->gf_slist, list, n * sizeof(*list));
	ret = setsockopt(fd, level_of(group, grouplen), MCAST_MSFILTER, f, len);
	free(f);
	return ret;
}

/* The same for IPv4; the struct is longer than IP_MSFILTER_SIZE(0) says. */
static int new_msfilter(struct in_addr interface, struct in_addr group,
			uint32_t n, struct ip_msfilter **f, socklen_t *len)
{
	if (n > SOURCES_MAX)
		return -ENOBUFS;
	*len = (socklen_t)IP_MSFILTER_SIZE(n);
	*f = calloc(1, sizeof(**f) + *len);
	if (!*f)
		return -ENOMEM;
	(*f)->imsf_multiaddr = group;
	(*f)->imsf_interface = interface;
	(*f)->imsf_numsrc = n;
	return 0;
}

SHIM_EXPORT int getipv4sourcefilter(int fd, struct in_addr interface,
				    struct in_addr group, uint32_t *mode,
				    uint32_t *n, struct in_addr *list)
{
	struct ip_msfilter *f;
	socklen_t len;
	int ret = new_msfilter(interface, group, *n, &f, &len);

	if (ret < 0)
		return (int)shim_ret(ret);
	ret = getsockopt(fd, IPPROTO_IP, IP_MSFILTER, f, &len);
	if (ret == 0) {
		uint32_t have = f->imsf_numsrc < *n ? f->imsf_numsrc : *n;

		*mode = f->imsf_fmode;
		memcpy(list, f->imsf_slist, have * sizeof(*list));
		*n = f->imsf_numsrc;
	}
	free(f);
	return ret;
}

SHIM_EXPORT int setipv4sourcefilter(int fd, struct in_addr interface,
				    struct in_addr group, uint32_t mode,
				    uint32_t n, const struct in_addr *list)
{
	struct ip_msfilter *f;
	socklen_t len;
	int ret = new_msfilter(interface, group, n, &f, &len);

	if (ret < 0)
		return (int)shim_ret(ret);
	f->imsf_fmode = mode;
	if (n)
		memcpy(f->imsf_slist, list, n * sizeof(*list));
	ret = setsockopt(fd, IPPROTO_IP, IP_MSFILTER, f, len);
	free(f);
	return ret;
}
