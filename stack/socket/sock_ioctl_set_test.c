/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ioctl_set_test.c - proves sock_ioctl_set.c: what ifconfig, route and arp
 * change, on an Ethernet without a wire
 */
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>

#include "sock_ioctl_set.h"
#include "testkit/socktest.h"

#define KIT_TEST(name)                                                         \
	static void name##_body(void);                                         \
	Test(sock_ioctl_set, name)                                             \
	{                                                                      \
		open_host();                                                   \
		name##_body();                                                 \
		sock_close(asker);                                             \
		kit_close();                                                   \
	}                                                                      \
	static void name##_body(void)

static struct iface *eth;
static struct sock *asker;

static void open_host(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};

	kit_open();
	eth = net_add_iface(&kit.st->net, "tap0", -1);
	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
	asker = kit_socket(SOCK_DGRAM);
}

static void put(struct sockaddr *to, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	cr_assert(eq(int, inet_pton(AF_INET, text, &in.sin_addr), 1));
	memcpy(to, &in, sizeof(in));
}

static int set(const char *name, unsigned long request, const char *addr)
{
	struct ifreq r = {0};

	strcpy(r.ifr_name, name);
	put(&r.ifr_addr, addr);
	return sock_ioctl(asker, request, &r);
}

static bool is_ours(uint8_t last, uint8_t bits)
{
	struct inet_addr a = inet_from4(ip4_make(10, 0, 0, last));
	const struct inet_prefix *p = sock_ioctl_first4(eth);

	return p && inet_equal(&p->addr, &a) && p->bits == 96 + bits;
}

KIT_TEST(address_is_replaced_with_the_mask_of_its_class_then_as_told)
{
	cr_assert(eq(int, set("tap0", SIOCSIFADDR, "10.0.0.9"), 0));
	cr_assert(is_ours(9, 8));
	cr_assert(eq(int, set("tap0", SIOCSIFNETMASK, "255.255.255.128"), 0));
	cr_assert(is_ours(9, 25));
	cr_assert(eq(int, set("tap0", SIOCSIFNETMASK, "255.0.255.0"), -EINVAL));
	cr_assert(eq(int, set("tap0", SIOCSIFADDR, "224.0.0.1"), -EINVAL));
	cr_assert(is_ours(9, 25));
	cr_assert(eq(int, set("tap0", SIOCSIFADDR, "0.0.0.0"), 0));
	cr_assert(eq(u32, eth->naddrs, 0));
	cr_assert(eq(int, set("tap0", SIOCSIFNETMASK, "255.0.0.0"),
		     -EADDRNOTAVAIL));
	cr_assert(eq(int, set("none", SIOCSIFADDR, "10.0.0.9"), -ENODEV));
}

KIT_TEST(flags_and_mtu)
{
	struct ifreq r = {.ifr_name = "tap0"};

	cr_assert(eq(int, sock_ioctl(asker, SIOCSIFFLAGS, &r), 0));
	cr_assert(eth->is_down);
	cr_assert(eq(int, sock_ioctl(asker, SIOCGIFFLAGS, &r), 0));
	cr_assert(eq(int, r.ifr_flags &IFF_UP, 0));
	r.ifr_flags = IFF_UP;
	cr_assert(eq(int, sock_ioctl(asker, SIOCSIFFLAGS, &r), 0));
	cr_assert(not(eth->is_down));
	r.ifr_mtu = 1280;
	cr_assert(eq(int, sock_ioctl(asker, SIOCSIFMTU, &r), 0));
	cr_assert(eq(u32, eth->mtu, 1280));
	r.ifr_mtu = -1;
	cr_assert(eq(int, sock_ioctl(asker, SIOCSIFMTU, &r), -EINVAL));
	cr_assert(eq(int, sock_ioctl(asker, SIOCGIFTXQLEN, &r), 0));
	cr_assert(eq(int, r.ifr_qlen, 1000));
}

KIT_TEST(route_comes_and_goes)
{
	struct rtentry e = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_metric = 1};

	put(&e.rt_dst, "172.16.0.0");
	put(&e.rt_genmask, "255.255.0.0");
	put(&e.rt_gateway, "10.0.0.1");
	cr_assert(eq(int, sock_ioctl(asker, SIOCADDRT, &e), 0));
	cr_assert(eq(int, sock_ioctl(asker, SIOCADDRT, &e), -EEXIST));
	cr_assert(eq(u32, kit.st->net.routes.count, 1));
	cr_assert(eq(u32, route_at(&kit.st->net.routes, 0)->ifindex, 2));
	cr_assert(eq(int, sock_ioctl(asker, SIOCDELRT, &e), 0));
	cr_assert(eq(int, sock_ioctl(asker, SIOCDELRT, &e), -ESRCH));
	put(&e.rt_gateway, "192.0.2.1");
	cr_assert(eq(int, sock_ioctl(asker, SIOCADDRT, &e), -ENETUNREACH));
	put(&e.rt_gateway, "10.0.0.1");
	put(&e.rt_dst, "172.16.0.1");
	cr_assert(eq(int, sock_ioctl(asker, SIOCADDRT, &e), -EINVAL));
}

KIT_TEST(arp_entry_comes_is_read_and_goes)
{
	struct arpreq r = {.arp_flags = ATF_PERM};

	put(&r.arp_pa, "10.0.0.5");
	r.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(r.arp_ha.sa_data, "\2\0\0\0\0\5", 6);
	cr_assert(eq(int, sock_ioctl(asker, SIOCSARP, &r), 0));
	memset(&r.arp_ha, 0, sizeof(r.arp_ha));
	cr_assert(eq(int, sock_ioctl(asker, SIOCGARP, &r), 0));
	cr_assert(eq(int, r.arp_ha.sa_data[5], 5));
	cr_assert(eq(int, r.arp_flags, ATF_PERM | ATF_COM));
	cr_assert(eq(int, sock_ioctl(asker, SIOCDARP, &r), 0));
	cr_assert(eq(int, sock_ioctl(asker, SIOCDARP, &r), -ENXIO));
	cr_assert(eq(int, sock_ioctl(asker, SIOCGARP, &r), -ENXIO));
}
