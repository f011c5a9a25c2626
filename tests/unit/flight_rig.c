/* SPDX-License-Identifier: MIT */
#include "flight_rig.h"

#include "unit.h"

struct rig rig;
struct rig_tree verified;
struct object *object;

void flight_rig_begin(unsigned mirrors, uint32_t timeout_s)
{
	rig_open(&rig, timeout_s);
	rig_tree_open(&verified, &rig, BLOCKS, mirrors);
	object = verified.object;
}

void flight_rig_race(void)
{
	object->blob->is_raced = verified.blob.is_raced = true;
}

void flight_rig_end(void)
{
	rig_tree_close(&verified);
	rig_close(&rig);
}

uint32_t flight_rig_ask(uint64_t off, uint64_t len)
{
	return rig_ask(&rig, object, off, len);
}

struct fetch_transfer *flight_rig_data(void)
{
	return rig_tree_only(&verified, false);
}

void flight_rig_serve(enum fake_lie lie, uint64_t at)
{
	fake_tree_serve(&verified.fake, flight_rig_data(), lie, at);
}

void flight_rig_serve_hashes(void)
{
	rig_tree_serve_these(&verified, true, FAKE_RIGHT, 0);
}
