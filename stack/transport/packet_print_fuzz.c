/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_print_fuzz.c - any bytes make a line that ends where it says
 */
#include <stdlib.h>

#include "ground/must.h"
#include "packet_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packet_flows flows;
	struct packet_view v = {data, size, size, 1};
	char line[200];

	MUST(packet_print(&v, &flows, line, sizeof(line)) == strlen(line));
	v.total = size * 2;
	MUST(packet_print(&v, &flows, line, sizeof(line)) == strlen(line));
	MUST(packet_room(&v) < LOG_NROOMS);
	return 0;
}
