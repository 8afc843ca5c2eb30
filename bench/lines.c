/* lines BITS_PER_SEC DELAY_US LOST_IN_10000 FD...: a switch of Ethernet devices (TAP), the last byte of whose addresses
 * is their place in the list from 1 on. Each has a line of that rate both ways; between two lines a frame is
 * on its way for DELAY_US, and is lost so often. A line that is behind by more than QUEUE_US drops. For kernels without netem. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16, SLOTS = 16384, FRAME = 1600, QUEUE_US = 250000, TURN = 64 };

struct frame {
	int64_t due; /* ns */
	int to, size;
	unsigned char data[FRAME];
};

struct line {
	struct frame *frames; /* in the order of due */
	unsigned head, tail;
	int64_t free; /* when what was put in last is through */
};

static struct line up[MOST], down[MOST];
static int64_t ns_per_byte_1000;

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Put a frame into a line at a time; it is out, and `later` more, when it is due. */
static void put(struct line *line, int64_t at, int64_t later, int to, const unsigned char *data, int size)
{
	int64_t begin = line->free > at ? line->free : at;
	if (begin - at > QUEUE_US * 1000LL || line->tail - line->head == SLOTS)
		return;
	line->free = begin + size * ns_per_byte_1000 / 1000;
	struct frame *frame = &line->frames[line->tail++ % SLOTS];
	frame->due = line->free + later;
	frame->to = to;
	frame->size = size;
	memcpy(frame->data, data, size);
}

static struct frame *due(struct line *line, int64_t at)
{
	struct frame *frame = &line->frames[line->head % SLOTS];
	return line->head != line->tail && frame->due <= at ? frame : NULL;
}

int main(int count, char **words)
{
	int devices = count - 4;
	if (devices < 2 || devices > MOST)
		return 2;
	ns_per_byte_1000 = 8000000000000LL / atoll(words[1]);
	int64_t delay = atoll(words[2]) * 1000;
	int lost = atoi(words[3]);
	struct pollfd polled[MOST];
	for (int n = 0; n < devices; n++) {
		polled[n] = (struct pollfd){ .fd = atoi(words[4 + n]), .events = POLLIN };
		up[n].frames = calloc(SLOTS, sizeof(struct frame));
		down[n].frames = calloc(SLOTS, sizeof(struct frame));
	}
	srandom(1);
	for (;;) {
		int64_t at = now(), next = at + 100000000;
		for (int n = 0; n < devices; n++) {
			struct frame *frame;
			while ((frame = due(&up[n], at))) {
				if (random() % 10000 >= lost)
					for (int to = 0; to < devices; to++)
						if (to != n && (frame->to == to || frame->to < 0))
							put(&down[to], frame->due, 0, to, frame->data, frame->size);
				up[n].head++;
			}
		}
		for (int n = 0; n < devices; n++) {
			struct frame *frame;
			while ((frame = due(&down[n], at))) {
				if (write(polled[n].fd, frame->data, frame->size) < 0)
					; /* the device is down, or full: it is lost */
				down[n].head++;
			}
			struct line *both[] = { &up[n], &down[n] };
			for (int k = 0; k < 2; k++) {
				struct frame *first = &both[k]->frames[both[k]->head % SLOTS];
				if (both[k]->head != both[k]->tail && first->due < next)
					next = first->due;
			}
		}
		int64_t rest = next - now();
		struct timespec wait = { 0, rest > 0 ? rest : 0 };
		if (ppoll(polled, devices, &wait, NULL) < 0)
			return 1;
		for (int n = 0; n < devices; n++) {
			unsigned char data[FRAME];
			for (int turn = 0; polled[n].revents & POLLIN && turn < TURN; turn++) {
				int size = read(polled[n].fd, data, sizeof data);
				if (size < 14)
					break;
				int to = data[0] & 1 ? -1 : data[5] - 1;
				put(&up[n], now(), delay, to, data, size);
			}
		}
	}
}
