/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ioctl_test.c - proves sock_ioctl.c: queues, and what tools ask about
 * interfaces.
 */

#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include "testkit/socktest.h"

TestSuite(sock_ioctl, .init = kit_open, .fini = kit_close);

enum { PORT = 4000, UNTOUCHED = -77 };

/* The answer, or -errno. */
static int ask(struct sock *s, unsigned long request)
{
	int value = UNTOUCHED;
	int ret = sock_ioctl(s, request, &value);

	return ret < 0 ? ret : value;
}

static void say(struct sock *s, size_t n, int flags)
{
	static char bytes[4096];
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, bytes, n);
	cr_assert(eq(int, (int)sock_stream_send(s, &u, flags), (int)n));
}

Test(sock_ioctl, a_stream_counts_what_is_there_and_what_is_under_way)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, ask(b, FIONREAD), 0));
	cr_assert(eq(int, ask(a, SIOCOUTQ), 0));
	say(a, 100, 0);
	cr_assert(eq(int, ask(a, SIOCOUTQ), 100), "not acknowledged yet");
	cr_assert(eq(int, ask(a, SIOCOUTQNSD), 0), "but sent");
	kit_settle();
	cr_assert(eq(int, ask(b, FIONREAD), 100));
}

Test(sock_ioctl, what_is_corked_is_not_sent)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	say(a, 10, MSG_MORE);
	cr_assert(eq(int, ask(a, SIOCOUTQNSD), 10));
	cr_assert(eq(int, ask(a, SIOCOUTQ), 10));
}

Test(sock_ioctl, the_mark_stands_before_the_urgent_byte)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, ask(b, SIOCATMARK), 0));
	say(a, 1, MSG_OOB);
	kit_settle();
	cr_assert(eq(int, ask(b, SIOCATMARK), 1));
	cr_assert(eq(int, ask(b, FIONREAD), 0), "it is not in the stream");
}

Test(sock_ioctl, a_listener_has_no_queue_of_bytes)
{
	struct sock *l = kit_listener(PORT);

	cr_assert(eq(int, ask(l, FIONREAD), -EINVAL));
	cr_assert(eq(int, ask(l, SIOCOUTQ), -EINVAL));
	cr_assert(eq(int, ask(l, SIOCOUTQNSD), -EINVAL));
	cr_assert(eq(int, ask(l, SIOCATMARK), 0));
}

Test(sock_ioctl, a_fresh_stream_has_nothing)
{
	struct sock *s = kit_socket(SOCK_STREAM);

	cr_assert(eq(int, ask(s, FIONREAD), 0));
	cr_assert(eq(int, ask(s, SIOCOUTQ), 0));
}

Test(sock_ioctl, datagrams_count_the_next_one)
{
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ask(s, FIONREAD), 0));
	kit_send_to(PORT);
	kit_send_to(PORT);
	cr_assert(eq(int, ask(s, FIONREAD), 1));
	kit_read_one(s);
	cr_assert(eq(int, ask(s, FIONREAD), 1));
	cr_assert(eq(int, ask(s, SIOCOUTQ), 0));
	cr_assert(eq(int, ask(s, SIOCOUTQNSD), -ENOTTY));
	cr_assert(eq(int, ask(s, SIOCATMARK), -ENOTTY));
}

Test(sock_ioctl, what_nobody_knows)
{
	cr_assert(eq(int, ask(kit_socket(SOCK_DGRAM), 0x12345), -ENOTTY));
	cr_assert(eq(int, ask(kit_socket(SOCK_STREAM), SIOCGIFSLAVE), -ENOTTY));
}

/* --- interfaces ---------------------------------------------------------- */

/* A second interface, as a TAP would be. */
static void add_tap(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};
	struct iface *ifp = net_add_iface(&kit.st->net, "tap0", -1);

	ifp->mac = (struct eth_addr){{2, 0, 0, 0, 0, 7}};
	ifp->mtu = 1500;
	cr_assert(eq(int, iface_add_addr(ifp, &p), 0));
}

static struct ifreq by_name(const char *name, unsigned long request, int want)
{
	struct ifreq r;

	memset(&r, 0xee, sizeof(r));
	strncpy(r.ifr_name, name, IFNAMSIZ);
	cr_expect(
		eq(int, sock_ioctl(kit_socket(SOCK_DGRAM), request, &r), want),
		"%s", name);
	return r;
}

static uint32_t address(const struct ifreq *r)
{
	struct sockaddr_in in;

	memcpy(&in, &r->ifr_addr, sizeof(in));
	cr_expect(eq(int, in.sin_family, AF_INET));
	return ntohl(in.sin_addr.s_addr);
}

Test(sock_ioctl, an_interface_tells_its_addresses)
{
	struct ifreq r;

	add_tap();
	r = by_name("tap0", SIOCGIFADDR, 0);
	cr_assert(eq(u32, address(&r), 0x0a000002));
	r = by_name("tap0", SIOCGIFNETMASK, 0);
	cr_assert(eq(u32, address(&r), 0xffffff00));
	r = by_name("tap0", SIOCGIFBRDADDR, 0);
	cr_assert(eq(u32, address(&r), 0x0a0000ff));
	r = by_name("lo", SIOCGIFADDR, 0);
	cr_assert(eq(u32, address(&r), INADDR_LOOPBACK));
	r = by_name("lo", SIOCGIFNETMASK, 0);
	cr_assert(eq(u32, address(&r), 0xff000000));
}

Test(sock_ioctl, an_interface_tells_what_it_is)
{
	struct ifreq r;

	add_tap();
	r = by_name("tap0", SIOCGIFINDEX, 0);
	cr_assert(eq(int, r.ifr_ifindex, 2));
	r = by_name("tap0", SIOCGIFMTU, 0);
	cr_assert(eq(int, r.ifr_mtu, 1500));
	r = by_name("tap0", SIOCGIFMETRIC, 0);
	cr_assert(eq(int, r.ifr_metric, 0));
	r = by_name("tap0", SIOCGIFFLAGS, 0);
	cr_assert(eq(int, r.ifr_flags,
		     IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST));
	r = by_name("lo", SIOCGIFFLAGS, 0);
	cr_assert(eq(int, r.ifr_flags, IFF_UP | IFF_RUNNING | IFF_LOOPBACK));
	r = by_name("tap0", SIOCGIFHWADDR, 0);
	cr_assert(eq(int, r.ifr_hwaddr.sa_family, ARPHRD_ETHER));
	cr_assert(eq(int, r.ifr_hwaddr.sa_data[5], 7));
	r = by_name("lo", SIOCGIFHWADDR, 0);
	cr_assert(eq(int, r.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK));
}

Test(sock_ioctl, an_index_has_a_name)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct ifreq r = {.ifr_ifindex = 2};

	add_tap();
	cr_assert(eq(int, sock_ioctl(s, SIOCGIFNAME, &r), 0));
	cr_assert(eq(str, r.ifr_name, "tap0"));
	for (int i = -1; i <= 9; i++) {
		r.ifr_ifindex = i;
		cr_expect(eq(int, sock_ioctl(s, SIOCGIFNAME, &r),
			     i == 1 || i == 2 ? 0 : -ENODEV),
			  "%d", i);
	}
}

Test(sock_ioctl, no_such_interface_or_no_address)
{
	add_tap();
	by_name("eth0", SIOCGIFADDR, -ENODEV);
	by_name("", SIOCGIFMTU, -ENODEV);
	by_name("a name without its end", SIOCGIFMTU, -ENODEV);
	kit.st->net.ifs[1].naddrs = 0;
	by_name("tap0", SIOCGIFADDR, -EADDRNOTAVAIL);
	by_name("tap0", SIOCGIFMTU, 0);
}

Test(sock_ioctl, ifconf_lists_what_fits)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct ifreq r[3];
	struct ifconf c = {.ifc_len = sizeof(r)};

	add_tap();
	cr_assert(eq(int, sock_ioctl(s, SIOCGIFCONF, &c), 0), "how many?");
	cr_assert(eq(int, c.ifc_len, 2 * sizeof(r[0])));
	c.ifc_req = r;
	c.ifc_len = sizeof(r);
	cr_assert(eq(int, sock_ioctl(s, SIOCGIFCONF, &c), 0));
	cr_assert(eq(int, c.ifc_len, 2 * sizeof(r[0])));
	cr_assert(eq(str, r[0].ifr_name, "lo"));
	cr_assert(eq(str, r[1].ifr_name, "tap0"));
	cr_assert(eq(u32, address(&r[1]), 0x0a000002));
	memset(r, 0xee, sizeof(r));
	c.ifc_len = 2 * sizeof(r[0]) - 1;
	cr_assert(eq(int, sock_ioctl(s, SIOCGIFCONF, &c), 0));
	cr_assert(eq(int, c.ifc_len, sizeof(r[0])));
	cr_assert(eq(int, (unsigned char)r[1].ifr_name[0], 0xee));
	c.ifc_len = -1;
	cr_assert(eq(int, sock_ioctl(s, SIOCGIFCONF, &c), 0));
	cr_assert(eq(int, c.ifc_len, 0));
}
