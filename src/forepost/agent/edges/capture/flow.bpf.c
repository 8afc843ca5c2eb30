/* The flow meter in the kernel: a socket filter on a packet socket (SOCK_DGRAM: data begins at the
 * network header, whatever the link is).
 *
 * It counts every packet of an interface exactly, by canonical 5-tuple and VLAN, and lets through to
 * user space only the first packets of each flow that carry data (and all of DNS and DHCP), for
 * inspection. Layouts here are those of kernel_table.py; tools/build_bpf.py makes flow.bpf of it.
 */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define BE16(x) __builtin_bswap16(x)

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*ktime_ns)(void) = (void *)5;
static long (*load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *)26;
static long (*load_from)(const void *skb, __u32 offset, void *to, __u32 len, __u32 start) = (void *)68;

#define FROM_MAC 0
#define ETHERNET 14
#define TAG 4
#define OUTGOING 4
#define E2BIG 7

enum { TCP = 6, UDP = 17, FRAGMENT = 44, AUTHENTICATION = 51, SCTP = 132, UDPLITE = 136 };
enum { FIN = 1, SYN = 2 };

struct map_def { __u32 type, key_size, value_size, max_entries, flags; };

struct key {
	__u32 a[4], b[4]; /* as on the wire; IPv4 in the first word */
	__u16 port_a, port_b; /* as on the wire */
	__u8 protocol, version;
	__u16 vlan;
};

struct flow { /* [0]: from a to b */
	__u64 packets[2], bytes[2];
	__u64 first_ns, last_ns;
	__u32 next_seq[2];
	__u32 retransmits[2];
	__u32 seq_gaps[2];
	__u8 flags[2]; /* of TCP, all together */
	__u8 passed[2];
	__u8 initiator; /* direction of the first packet */
	__u8 outgoing; /* whether the first packet left through this interface */
	__u8 tos;
	__u8 resets;
	__u8 mac_a[6], mac_b[6];
	__u8 first_flags; /* of TCP, of the first packet */
	__u8 unused[3];
};

struct totals {
	__u64 packets, bytes;
	__u64 other_packets, other_bytes; /* neither IPv4 nor IPv6 */
	__u64 malformed_packets, malformed_bytes;
	__u64 refused_packets, refused_bytes; /* there was no room for their flow */
	__u64 created, passed, strays; /* strays: fragments whose first one was not seen */
	__u64 fragments, tagged, tcp, udp, icmp;
};

struct settings {
	__u32 pass; /* packets with data of each direction of a flow */
	__u32 snap;
	__u32 ethernet;
	__u32 skip_outgoing; /* loopback shows each packet twice */
};

struct fragment_key { __u32 a[4], b[4]; __u32 id; __u16 vlan; __u8 protocol, version; };

struct map_def SEC("maps") flows = { BPF_MAP_TYPE_HASH, sizeof(struct key), sizeof(struct flow), 262144, BPF_F_NO_PREALLOC };
struct map_def SEC("maps") totals = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct totals), 1, 0 };
struct map_def SEC("maps") wishes = { BPF_MAP_TYPE_ARRAY, 4, sizeof(struct settings), 1, 0 };
struct map_def SEC("maps") fragments = { BPF_MAP_TYPE_LRU_HASH, sizeof(struct fragment_key), 4, 8192, 0 };

INLINE int is_tag(__u16 type)
{
	return type == BE16(0x8100) || type == BE16(0x88a8) || type == BE16(0x9100) || type == BE16(0x9200);
}

INLINE int swapped(const struct key *k)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		if (k->a[i] < k->b[i])
			return 0;
		if (k->a[i] > k->b[i])
			return 1;
	}
	return k->port_a > k->port_b;
}

SEC("socket")
int meter(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct settings *want = map_lookup(&wishes, &zero);
	struct totals *sum = map_lookup(&totals, &zero);
	if (!want || !sum)
		return 0;
	if (want->skip_outgoing && skb->pkt_type == OUTGOING)
		return 0;

	struct key k;
	__builtin_memset(&k, 0, sizeof k);
	__u32 at = 0, total = 0, id = 0, segments = 1, len = skb->len, link = want->ethernet ? ETHERNET : 0;
	__u32 is_fragment = 0, fragment_at = 0;
	__u8 tos = 0, tcp_flags = 0;
	__u16 type = skb->protocol;

	if (skb->vlan_present) {
		k.vlan = skb->vlan_tci & 0xfff;
		link += TAG;
	}
	len += link;
	/* Tags, PPPoE, MPLS and LLC in any order, as layers.py has them. */
#pragma unroll
	for (int i = 0; i < 8; i++) {
		__u8 in[8];
		__u16 kind = BE16(type);
		if (kind == 0x0800 || kind == 0x86dd)
			break;
		if (is_tag(type)) {
			__u16 tag[2];
			if (load_bytes(skb, at, tag, 4) < 0)
				break;
			if (!k.vlan)
				k.vlan = BE16(tag[0]) & 0xfff;
			type = tag[1];
			at += 4;
		} else if (kind == 0x8864) {
			if (load_bytes(skb, at, in, 8) < 0 || in[0] != 0x11 || in[1])
				break;
			__u16 ppp = in[6] << 8 | in[7];
			type = ppp == 0x21 ? BE16(0x0800) : ppp == 0x57 ? BE16(0x86dd)
				: ppp == 0x281 ? BE16(0x8847) : ppp == 0x283 ? BE16(0x8848) : BE16(0xffff);
			at += 8;
		} else if (kind == 0x8847 || kind == 0x8848) {
			if (load_bytes(skb, at, in, 5) < 0)
				break;
			if (in[2] & 1)
				type = in[4] >> 4 == 4 ? BE16(0x0800) : in[4] >> 4 == 6 ? BE16(0x86dd) : BE16(0xffff);
			at += 4;
		} else if (kind && kind < 0x600) {
			if (load_bytes(skb, at, in, 8) < 0)
				break;
			if (in[0] == 0xaa && in[1] == 0xaa && in[2] == 3 && !in[3] && !in[4] && (!in[5] || in[5] == 0xf8)) {
				type = in[6] < 6 ? BE16(0xffff) : (__u16)(in[7] << 8 | in[6]);
				at += 8;
			} else if (in[0] == 6 && in[1] == 6 && in[2] == 3) {
				type = BE16(0x0800);
				at += 3;
			} else {
				break;
			}
		} else {
			break;
		}
	}
	if (type == BE16(0x0800)) {
		struct { __u8 version, tos; __u16 len, id, fragment; __u8 ttl, protocol; __u16 sum; __u32 from, to; } ip;
		if (load_bytes(skb, at, &ip, 20) < 0 || (ip.version >> 4) != 4 || (ip.version & 15) < 5)
			goto malformed;
		k.version = 4;
		k.protocol = ip.protocol;
		k.a[0] = ip.from;
		k.b[0] = ip.to;
		tos = ip.tos;
		if (ip.len)
			total = at + BE16(ip.len);
		fragment_at = (BE16(ip.fragment) & 0x1fff) << 3;
		is_fragment = fragment_at || (BE16(ip.fragment) & 0x2000);
		id = ip.id;
		at += (ip.version & 15) << 2;
		if (ip.len && total < at)
			goto malformed;
	} else if (type == BE16(0x86dd)) {
		struct { __u8 version, flow[3]; __u16 len; __u8 next, hops; __u32 from[4], to[4]; } ip;
		if (load_bytes(skb, at, &ip, 40) < 0 || (ip.version >> 4) != 6)
			goto malformed;
		k.version = 6;
		k.protocol = ip.next;
		__builtin_memcpy(k.a, ip.from, 16);
		__builtin_memcpy(k.b, ip.to, 16);
		tos = (ip.version << 4) | (ip.flow[0] >> 4);
		at += 40;
		if (ip.len)
			total = at + BE16(ip.len);
#pragma unroll
		for (int i = 0; i < 6; i++) {
			__u8 p = k.protocol, more[8];
			if (fragment_at)
				break;
			if (p == 0 || p == 43 || p == 60 || p == 135 || p == 139 || p == 140) {
				if (load_bytes(skb, at, more, 2) < 0)
					break;
				k.protocol = more[0];
				at += (more[1] + 1) << 3;
			} else if (p == AUTHENTICATION) {
				if (load_bytes(skb, at, more, 2) < 0)
					break;
				k.protocol = more[0];
				at += (more[1] + 2) << 2;
			} else if (p == FRAGMENT) {
				if (load_bytes(skb, at, more, 8) < 0)
					break;
				k.protocol = more[0];
				fragment_at = (more[2] << 8 | more[3]) & 0xfff8;
				is_fragment = fragment_at || (more[3] & 1);
				__builtin_memcpy(&id, more + 4, 4);
				at += 8;
			}
		}
	} else {
		sum->packets++;
		sum->bytes += len;
		sum->other_packets++;
		sum->other_bytes += len;
		return 0;
	}

	/* The header of the transport, and where its data begins. */
	struct { __u16 from, to; __u32 seq, ack; __u8 offset, flags; __u16 window; } tcp;
	__u32 data = at, seq = 0;
	__builtin_memset(&tcp, 0, sizeof tcp);
	if (!fragment_at) {
		if (k.protocol == TCP) {
			if (load_bytes(skb, at, &tcp, 14) == 0) {
				data = at + ((tcp.offset >> 4) << 2);
				tcp_flags = tcp.flags;
				seq = __builtin_bswap32(tcp.seq);
			}
		} else if (k.protocol == UDP || k.protocol == UDPLITE || k.protocol == SCTP) {
			load_bytes(skb, at, &tcp, 4);
			data = at + (k.protocol == SCTP ? 12 : 8);
		}
		k.port_a = tcp.from;
		k.port_b = tcp.to;
	}
	if (is_fragment) {
		struct fragment_key f;
		__builtin_memcpy(f.a, k.a, 16);
		__builtin_memcpy(f.b, k.b, 16);
		f.id = id;
		f.vlan = k.vlan;
		f.protocol = k.protocol;
		f.version = k.version;
		__u16 ports[2] = { k.port_a, k.port_b };
		sum->fragments++;
		if (!fragment_at) {
			map_update(&fragments, &f, ports, BPF_ANY);
		} else {
			__u16 *known = map_lookup(&fragments, &f);
			if (known) {
				k.port_a = known[0];
				k.port_b = known[1];
			} else {
				sum->strays++;
			}
		}
	}

	/* As on the wire: what the card or the kernel joined is counted apart again. */
	__u32 size = skb->gso_size;
	if (size && !is_fragment) {
		segments = skb->gso_segs;
		if (!segments && len > link + data)
			segments = (len - link - data + size - 1) / size;
		if (segments > 1)
			len += (segments - 1) * (link + data);
		else
			segments = 1;
	}
	sum->packets += segments;
	sum->bytes += len;
	if (k.vlan)
		sum->tagged++;
	if (k.protocol == TCP)
		sum->tcp += segments;
	else if (k.protocol == UDP)
		sum->udp += segments;
	else if (k.protocol == 1 || k.protocol == 58)
		sum->icmp += segments;

	__u32 from_port = BE16(k.port_a), to_port = BE16(k.port_b);
	int dir = swapped(&k);
	if (dir) {
#pragma unroll
		for (int i = 0; i < 4; i++) {
			__u32 word = k.a[i];
			k.a[i] = k.b[i];
			k.b[i] = word;
		}
		__u16 port = k.port_a;
		k.port_a = k.port_b;
		k.port_b = port;
	}

	__u64 now = ktime_ns();
	struct flow *flow = map_lookup(&flows, &k);
	if (!flow) {
		struct flow fresh;
		__builtin_memset(&fresh, 0, sizeof fresh);
		fresh.first_ns = now;
		fresh.initiator = dir;
		fresh.outgoing = skb->pkt_type == OUTGOING;
		fresh.tos = tos;
		fresh.first_flags = tcp_flags;
		if (want->ethernet) {
			/* destination, then source */
			if (dir)
				load_from(skb, 0, fresh.mac_a, 12, FROM_MAC);
			else {
				load_from(skb, 0, fresh.mac_b, 6, FROM_MAC);
				load_from(skb, 6, fresh.mac_a, 6, FROM_MAC);
			}
		}
		if (map_update(&flows, &k, &fresh, BPF_NOEXIST) == 0)
			sum->created++;
		flow = map_lookup(&flows, &k);
		if (!flow) {
			sum->refused_packets += segments;
			sum->refused_bytes += len;
			return 0;
		}
	}
	__u32 payload = 0, end = total ? total : skb->len;
	if (end > data)
		payload = end - data;

	if (dir) {
		__sync_fetch_and_add(&flow->packets[1], segments);
		__sync_fetch_and_add(&flow->bytes[1], len);
	} else {
		__sync_fetch_and_add(&flow->packets[0], segments);
		__sync_fetch_and_add(&flow->bytes[0], len);
	}
	flow->last_ns = now;
	int d = dir & 1;
	if (k.protocol == TCP && !fragment_at) {
		__u32 next = flow->next_seq[d], used = payload + (tcp_flags & SYN ? 1 : 0) + (tcp_flags & FIN ? 1 : 0);
		if (used) {
			__s32 ahead = seq - next;
			if (flow->flags[d] && !(tcp_flags & SYN)) {
				if (ahead < 0)
					flow->retransmits[d]++;
				else if (ahead > 0)
					flow->seq_gaps[d]++;
			}
			if (!flow->flags[d] || ahead >= 0 || (tcp_flags & SYN))
				flow->next_seq[d] = seq + used;
		}
		if ((tcp_flags & 4) && flow->resets < 255)
			flow->resets++;
		flow->flags[d] |= tcp_flags;
	}

	if (fragment_at || !payload)
		return 0;
	if (k.protocol == UDP) {
		if (from_port == 53 || to_port == 53 || from_port == 67 || from_port == 68 || to_port == 67) {
			sum->passed++;
			return want->snap;
		}
	}
	if (flow->passed[d] < want->pass) {
		flow->passed[d]++;
		sum->passed++;
		return want->snap;
	}
	return 0;

malformed:
	sum->packets++;
	sum->bytes += len;
	sum->malformed_packets++;
	sum->malformed_bytes += len;
	return 0;
}

char SEC("license") terms[] = "Apache-2.0";
