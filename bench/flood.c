/* flood INTERFACE PACKETS_PER_SEC SECONDS FLOWS CHURN THREADS: UDP frames of 400 bytes, by sendmmsg on a packet
 * socket, FLOWS addresses in turn; CHURN of a thousand packets open a flow of their own. They go to an
 * address that nobody has, so that no stack answers. Prints packets and bytes sent, and seconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SIZE = 400, BYPASS = 20, MOST_THREADS = 8 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;
	for (int i = 0; i < 20; i += 2)
		sum += header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

static void frame(uint8_t *at, uint32_t number, uint16_t port)
{
	uint32_t from = htonl(0xc6120000u + number % 65536), to = htonl(0xc6130002u);
	uint16_t sum, from_port = htons(1024 + number / 65536), to_port = htons(port);
	memcpy(at + 26, &from, 4);
	memcpy(at + 30, &to, 4);
	memcpy(at + 34, &from_port, 2);
	memcpy(at + 36, &to_port, 2);
	memset(at + 24, 0, 2);
	sum = checksum(at + 14);
	memcpy(at + 24, &sum, 2);
}

struct share {
	pthread_t thread;
	int packets, number;
	uint64_t sent;
	double passed;
};

static double rate, seconds;
static uint32_t flows, churn;
static int threads;

/* Every THREADSth flow, at its part of the rate. */
static void *sender(void *given)
{
	struct share *share = given;
	uint32_t next = share->number, fresh = share->number, dice = 1 + share->number;
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0x01, 0x82,
		0, 0, 0, 0, 64, 17 };
	static uint8_t all[MOST_THREADS][BATCH][SIZE];
	uint8_t(*data)[SIZE] = all[share->number];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	memset(messages, 0, sizeof messages);
	for (int i = 0; i < BATCH; i++) {
		memset(data[i], 'x', SIZE);
		memcpy(data[i], head, sizeof head);
		data[i][38] = 0x01, data[i][39] = 0x6e, data[i][40] = data[i][41] = 0;
		parts[i] = (struct iovec){ data[i], SIZE };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	double start = now();
	while ((share->passed = now() - start) < seconds) {
		if (share->sent >= rate / threads * share->passed) {
			nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
			continue;
		}
		for (int i = 0; i < BATCH; i++) {
			dice = dice * 1664525u + 1013904223u;
			if (dice >> 8 < (uint64_t)churn * 16777216u / 1000) {
				frame(data[i], fresh, 9999);
				fresh += threads;
			} else {
				frame(data[i], next % flows, 9000);
				next += threads;
			}
		}
		int done = 0;
		while (done < BATCH) {
			int got = sendmmsg(share->packets, messages + done, BATCH - done, 0);
			if (got > 0)
				done += got;
		}
		share->sent += BATCH;
	}
	return NULL;
}

int main(int count, char **words)
{
	if (count != 7)
		return 2;
	rate = atof(words[2]), seconds = atof(words[3]);
	flows = atoi(words[4]), churn = atoi(words[5]), threads = atoi(words[6]);
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(words[1]) };
	struct share shares[MOST_THREADS] = { 0 };
	uint64_t sent = 0;
	double passed = 0;
	if (threads < 1 || threads > MOST_THREADS)
		return 2;
	for (int i = 0; i < threads; i++) {
		int one = 1, packets = socket(AF_PACKET, SOCK_RAW, 0);
		if (packets < 0 || bind(packets, (void *)&link, sizeof link) < 0) {
			perror("packet socket");
			return 1;
		}
		setsockopt(packets, SOL_PACKET, BYPASS, &one, sizeof one);
		shares[i].packets = packets, shares[i].number = i;
		if (pthread_create(&shares[i].thread, NULL, sender, &shares[i]))
			return 1;
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(shares[i].thread, NULL);
		sent += shares[i].sent;
		passed = shares[i].passed > passed ? shares[i].passed : passed;
	}
	printf("%lu %lu %.3f\n", sent, sent * SIZE, passed);
	return 0;
}
