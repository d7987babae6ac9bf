/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bpf.c - classic BPF: is a packet wanted, and how much of it?
 *
 * What this room is for
 *   See bpf.h. A load beyond the packet ends the program with 0, and so does a
 *   division by an index register of 0, as everywhere.
 *
 * Bounded    Steps go forward only; a program has BPF_STEPS_MAX of them.
 * Lock       the stack lock is held.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>

/* The parts of a code, as <linux/filter.h> has them. */
enum {
	CLASS_MASK = 0x07,
	LD = 0x00,
	LDX = 0x01,
	ST = 0x02,
	STX = 0x03,
	ALU = 0x04,
	JMP = 0x05,
	RET = 0x06,
	MISC = 0x07,

	SIZE_MASK = 0x18,
	W = 0x00,
	H = 0x08,
	B = 0x10,

	MODE_MASK = 0xe0,
	IMM = 0x00,
	ABS = 0x20,
	IND = 0x40,
	MEM = 0x60,
	LEN = 0x80,
	MSH = 0xa0,

	OP_MASK = 0xf0,
	ADD = 0x00,
	SUB = 0x10,
	MUL = 0x20,
	DIV = 0x30,
	OR = 0x40,
	AND = 0x50,
	LSH = 0x60,
	RSH = 0x70,
	NEG = 0x80,
	MOD = 0x90,
	XOR = 0xa0,

	JA = 0x00,
	JEQ = 0x10,
	JGT = 0x20,
	JGE = 0x30,
	JSET = 0x40,

	K = 0x00,
	X = 0x08,
	A = 0x10, /* of RET */

	TAX = 0x00,
	TXA = 0x80,

	WORDS = 16,
};

/* What lies at BPF_AT_ASIDE, by its offset from there. */
enum {
	ASIDE_PROTOCOL = 0,
	ASIDE_PKTTYPE = 4,
	ASIDE_IFINDEX = 8,
	ASIDE_NLATTR = 12,
	ASIDE_NLATTR_NEST = 16,
	ASIDE_MARK = 20,
	ASIDE_QUEUE = 24,
	ASIDE_HATYPE = 28,
	ASIDE_RXHASH = 32,
	ASIDE_CPU = 36,
	ASIDE_ALU_XOR_X = 40,
	ASIDE_VLAN_TAG = 44,
	ASIDE_VLAN_TAG_PRESENT = 48,
	ASIDE_PAY_OFFSET = 52,
	ASIDE_RANDOM = 56,
	ASIDE_VLAN_TPID = 60,
};

/* --- checking ------------------------------------------------------------ */

static bool is_alu(uint16_t code)
{
	switch (code & OP_MASK) {
	case ADD:
	case SUB:
	case MUL:
	case DIV:
	case OR:
	case AND:
	case LSH:
	case RSH:
	case MOD:
	case XOR:
		return (code & ~(CLASS_MASK | OP_MASK | X)) == 0;
	case NEG:
		return (code & ~(CLASS_MASK | OP_MASK)) == 0;
	default:
		return false;
	}
}

static bool is_jump(uint16_t code)
{
	switch (code & OP_MASK) {
	case JA:
		return code == (JMP | JA);
	case JEQ:
	case JGT:
	case JGE:
	case JSET:
		return (code & ~(CLASS_MASK | OP_MASK | X)) == 0;
	default:
		return false;
	}
}

/* Is it one of the machine's? */
static bool is_code(uint16_t code)
{
	if (code & ~0xff)
		return false;
	switch (code & CLASS_MASK) {
	case ALU:
		return is_alu(code);
	case JMP:
		return is_jump(code);
	default:
		break;
	}
	switch (code) {
	case LD | W | ABS:
	case LD | H | ABS:
	case LD | B | ABS:
	case LD | W | IND:
	case LD | H | IND:
	case LD | B | IND:
	case LD | W | LEN:
	case LD | IMM:
	case LD | MEM:
	case LDX | W | LEN:
	case LDX | B | MSH:
	case LDX | IMM:
	case LDX | MEM:
	case ST:
	case STX:
	case MISC | TAX:
	case MISC | TXA:
	case RET | K:
	case RET | A:
		return true;
	default:
		return false;
	}
}

/* Linux's aside words are every fourth one, and none beyond. */
static bool is_aside_sound(const struct bpf_step *s)
{
	uint32_t at = s->k - (uint32_t)BPF_AT_ASIDE;

	if (s->k < (uint32_t)BPF_AT_ASIDE)
		return true;
	return at <= ASIDE_VLAN_TPID && at % 4 == 0;
}

static bool is_step_sound(const struct bpf_step *steps, size_t at, size_t n)
{
	const struct bpf_step *s = &steps[at];
	size_t left = n - at - 1;

	if (!is_code(s->code))
		return false;
	switch (s->code & CLASS_MASK) {
	case ALU:
		if (s->code & X)
			return true;
		if ((s->code & OP_MASK) == DIV || (s->code & OP_MASK) == MOD)
			return s->k != 0;
		if ((s->code & OP_MASK) == LSH || (s->code & OP_MASK) == RSH)
			return s->k < 32;
		return true;
	case JMP:
		if (s->code == (JMP | JA))
			return s->k < left;
		return s->yes < left && s->no < left;
	case LD:
		if ((s->code & MODE_MASK) == ABS)
			return is_aside_sound(s);
		return (s->code & MODE_MASK) != MEM || s->k < WORDS;
	case LDX:
		return (s->code & MODE_MASK) != MEM || s->k < WORDS;
	case ST:
	case STX:
		return s->k < WORDS;
	default:
		return true;
	}
}

/* The words that are written on every way to each step. Narrowed from above
 * downwards, because jumps only go there. */
static bool reads_only_written(const struct bpf_step *steps, size_t n)
{
	uint16_t written[BPF_STEPS_MAX], now = 0;

	memset(written, 0xff, n * sizeof(written[0]));
	for (size_t at = 0; at < n; at++) {
		const struct bpf_step *s = &steps[at];

		now &= written[at];
		switch (s->code & CLASS_MASK) {
		case ST:
		case STX:
			now |= (uint16_t)(1u << s->k);
			break;
		case LD:
		case LDX:
			if ((s->code & MODE_MASK) == MEM && !(now >> s->k & 1))
				return false;
			break;
		case JMP:
			if (s->code == (JMP | JA)) {
				written[at + 1 + s->k] &= now;
			} else {
				written[at + 1 + s->yes] &= now;
				written[at + 1 + s->no] &= now;
			}
			now = 0xffff;
			break;
		default:
			break;
		}
	}
	return true;
}

bool bpf_is_sound(const struct bpf_step *steps, size_t n)
{
	uint16_t last;

	if (n == 0 || n > BPF_STEPS_MAX)
		return false;
	for (size_t at = 0; at < n; at++)
		if (!is_step_sound(steps, at, n))
			return false;
	last = steps[n - 1].code;
	if (last != (RET | K) && last != (RET | A))
		return false;
	return reads_only_written(steps, n);
}

/* --- running ------------------------------------------------------------- */

struct machine {
	uint32_t a, x;
	uint32_t mem[WORDS];
	const struct bpf_view *v;
	bool failed; /* a load went beyond the packet */
};

/* Where `size` bytes lie that `at` names, or NULL. */
static const uint8_t *place(const struct bpf_view *v, int64_t at, size_t size)
{
	const uint8_t *base = v->data, *end = v->data + v->len;
	const uint8_t *first = v->link ? v->link : v->data;
	int64_t from = at;

	if (v->net && v->net < first)
		first = v->net;
	if (at < 0 && at >= BPF_AT_NET) {
		base = v->net;
		from = at - BPF_AT_NET;
	} else if (at < 0) {
		base = v->link;
		from = at - BPF_AT_LINK;
	}
	if (!base || from < 0 || base < first)
		return NULL;
	if (from > end - base || (int64_t)size > end - base - from)
		return NULL;
	return base + from;
}

static uint32_t load(struct machine *m, uint16_t code, int64_t at)
{
	size_t size = (code & SIZE_MASK) == W   ? 4
		      : (code & SIZE_MASK) == H ? 2
						: 1;
	const uint8_t *p = place(m->v, at, size);
	uint32_t value = 0;

	if (!p) {
		m->failed = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value = value << 8 | p[i];
	return value;
}

/* There are no VLANs, queues or hashes here: 0. */
static uint32_t aside(const struct machine *m, uint32_t what)
{
	const struct bpf_view *v = m->v;

	switch (what) {
	case ASIDE_PROTOCOL:
		return v->protocol;
	case ASIDE_PKTTYPE:
		return v->type;
	case ASIDE_IFINDEX:
		return v->ifindex;
	case ASIDE_MARK:
		return v->mark;
	case ASIDE_HATYPE:
		return v->hardware;
	case ASIDE_ALU_XOR_X:
		return m->a ^ m->x;
	case ASIDE_RANDOM:
		return v->random;
	default:
		return 0;
	}
}

static void do_load(struct machine *m, const struct bpf_step *s)
{
	switch (s->code & MODE_MASK) {
	case ABS:
		if (s->k >= (uint32_t)BPF_AT_ASIDE)
			m->a = aside(m, s->k - (uint32_t)BPF_AT_ASIDE);
		else
			m->a = load(m, s->code, (int32_t)s->k);
		break;
	case IND: /* Linux adds in 32 bits, with a sign */
		m->a = load(m, s->code, (int32_t)(m->x + s->k));
		break;
	case LEN:
		m->a = (uint32_t)m->v->len;
		break;
	case MEM:
		m->a = m->mem[s->k];
		break;
	default:
		m->a = s->k;
		break;
	}
}

static void do_load_x(struct machine *m, const struct bpf_step *s)
{
	switch (s->code & MODE_MASK) {
	case LEN:
		m->x = (uint32_t)m->v->len;
		break;
	case MEM:
		m->x = m->mem[s->k];
		break;
	case MSH: /* the length of an IPv4 header */
		m->x = (load(m, LD | B, (int32_t)s->k) & 0xf) << 2;
		break;
	default:
		m->x = s->k;
		break;
	}
}

static void divide(struct machine *m, uint32_t by, bool rest)
{
	if (by == 0) {
		m->failed = true;
		return;
	}
	m->a = rest ? m->a % by : m->a / by;
}

static void do_alu(struct machine *m, const struct bpf_step *s)
{
	uint32_t by = s->code & X ? m->x : s->k;

	switch (s->code & OP_MASK) {
	case ADD:
		m->a += by;
		break;
	case SUB:
		m->a -= by;
		break;
	case MUL:
		m->a *= by;
		break;
	case DIV:
	case MOD:
		divide(m, by, (s->code & OP_MASK) == MOD);
		break;
	case OR:
		m->a |= by;
		break;
	case AND:
		m->a &= by;
		break;
	case LSH:
		m->a <<= by & 31;
		break;
	case RSH:
		m->a >>= by & 31;
		break;
	case XOR:
		m->a ^= by;
		break;
	default:
		m->a = -m->a;
		break;
	}
}

/* How many steps are left out. */
static uint32_t jump(const struct machine *m, const struct bpf_step *s)
{
	uint32_t with = s->code & X ? m->x : s->k;
	bool holds;

	switch (s->code & OP_MASK) {
	case JA:
		return s->k;
	case JEQ:
		holds = m->a == with;
		break;
	case JGT:
		holds = m->a > with;
		break;
	case JGE:
		holds = m->a >= with;
		break;
	default:
		holds = (m->a & with) != 0;
		break;
	}
	return holds ? s->yes : s->no;
}

static void do_misc(struct machine *m, const struct bpf_step *s)
{
	if (s->code == (MISC | TAX))
		m->x = m->a;
	else
		m->a = m->x;
}

uint32_t bpf_run(const struct bpf *f, const struct bpf_view *v)
{
	struct machine m = {.v = v};

	for (uint32_t at = 0; at < f->n && !m.failed; at++) {
		const struct bpf_step *s = &f->steps[at];

		switch (s->code & CLASS_MASK) {
		case LD:
			do_load(&m, s);
			break;
		case LDX:
			do_load_x(&m, s);
			break;
		case ST:
			m.mem[s->k] = m.a;
			break;
		case STX:
			m.mem[s->k] = m.x;
			break;
		case ALU:
			do_alu(&m, s);
			break;
		case JMP:
			at += jump(&m, s);
			break;
		case RET:
			return s->code & A ? m.a : s->k;
		default:
			do_misc(&m, s);
			break;
		}
	}
	return 0;
}

/* --- having one ---------------------------------------------------------- */

int bpf_new(struct arena *a, const struct bpf_step *steps, size_t n,
	    struct bpf **out)
{
	struct bpf *f;

	if (n == 0 || n > BPF_STEPS_MAX)
		return -EINVAL;
	f = arena_alloc(a, sizeof(*f) + n * sizeof(*steps), ARENA_OTHER);
	if (!f)
		return -ENOMEM;
	f->refs = 1;
	f->n = (uint32_t)n;
	/* Copied before it is looked at: the program may change its own. */
	memcpy(f->steps, steps, n * sizeof(*steps));
	if (!bpf_is_sound(f->steps, n)) {
		arena_free(a, f);
		return -EINVAL;
	}
	*out = f;
	return 0;
}

struct bpf *bpf_get(struct bpf *f)
{
	if (f)
		f->refs++;
	return f;
}

void bpf_put(struct arena *a, struct bpf *f)
{
	if (f && --f->refs == 0)
		arena_free(a, f);
}

bool bpf_claim(struct arena *a, struct bpf *f)
{
	if (arena_is_claimed(a, f, ARENA_OTHER)) {
		f->refs++;
		return true;
	}
	if (!arena_claim(a, f, ARENA_OTHER))
		return false;
	f->refs = 1;
	return true;
}
