-- SPDX-License-Identifier: GPL-2.0-only
--
-- XTCP in Wireshark and tshark: the segments of IP protocol 253. See
-- Documentation/wires.rst for how to install it. What stands between "begin
-- generated" and "end generated" comes from the module's source (make docs).
--
-- Numbers are shown relative to each end's first. To follow a stream, decode
-- IP protocol 253 as TCP instead, which takes each checksum for a wrong one.

-- begin generated: wire-numbers
local PROTOCOL = 253
local HEADER_MIN = 20
local HEADER_CHECK = 16
-- end generated
-- begin generated: wire-flags
local FLAGS = {
	{ bit = 0x01, name = "FIN" },
	{ bit = 0x02, name = "SYN" },
	{ bit = 0x04, name = "RST" },
	{ bit = 0x08, name = "PSH" },
	{ bit = 0x10, name = "ACK" },
	{ bit = 0x20, name = "URG" },
	{ bit = 0x40, name = "ECE" },
	{ bit = 0x80, name = "CWR" },
}
local BIT = {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ECE = 0x40,
	CWR = 0x80,
}
-- end generated
-- begin generated: wire-options
local END, NOP = 0, 1
local OPTIONS = {
	[2] = {
		name = "MSS",
		text = "Maximum segment size",
		length = 4,
	},
	[3] = {
		name = "WSCALE",
		text = "Window scale",
		length = 3,
	},
	[4] = {
		name = "SACK_PERMITTED",
		text = "SACK permitted",
		length = 2,
	},
	[5] = {
		name = "SACK",
		text = "SACK",
		length = 2,
		block = 8,
	},
	[8] = {
		name = "TS",
		text = "Timestamps",
		length = 10,
	},
	[34] = {
		name = "FAST_OPEN",
		text = "Fast Open cookie",
		length = 2,
	},
}
-- end generated

local TEXT = { [0] = "Bad", [1] = "Good", [2] = "Unverified" }
local BAD, GOOD, UNVERIFIED = 0, 1, 2

local xtcp = Proto("xtcp", "XTCP")
local data = Dissector.get("data")

local f = {
	srcport = ProtoField.uint16("xtcp.srcport", "Source Port"),
	dstport = ProtoField.uint16("xtcp.dstport", "Destination Port"),
	port = ProtoField.uint16("xtcp.port", "Source or Destination Port"),
	stream = ProtoField.uint32("xtcp.stream", "Stream index"),
	seq = ProtoField.uint32("xtcp.seq", "Sequence Number"),
	seq_raw = ProtoField.uint32("xtcp.seq_raw", "Sequence Number (raw)"),
	ack = ProtoField.uint32("xtcp.ack", "Acknowledgment Number"),
	ack_raw = ProtoField.uint32("xtcp.ack_raw",
				    "Acknowledgment Number (raw)"),
	hdr_len = ProtoField.uint8("xtcp.hdr_len", "Header Length"),
	flags = ProtoField.uint8("xtcp.flags", "Flags", base.HEX),
	window = ProtoField.uint16("xtcp.window_size_value", "Window"),
	scaled = ProtoField.uint32("xtcp.window_size", "Calculated window"),
	checksum = ProtoField.uint16("xtcp.checksum", "Checksum", base.HEX),
	status = ProtoField.uint8("xtcp.checksum.status", "Checksum Status",
				  base.DEC, TEXT),
	urgent = ProtoField.uint16("xtcp.urgent_pointer", "Urgent Pointer"),
	len = ProtoField.uint32("xtcp.len", "Segment Length"),
	payload = ProtoField.bytes("xtcp.payload", "Text"),
	option = ProtoField.bytes("xtcp.option", "Option"),
	kind = ProtoField.uint8("xtcp.option_kind", "Kind"),
	mss = ProtoField.uint16("xtcp.options.mss_val", "MSS"),
	wscale = ProtoField.uint8("xtcp.options.wscale.shift", "Shift count"),
	tsval = ProtoField.uint32("xtcp.options.timestamp.tsval", "TSval"),
	tsecr = ProtoField.uint32("xtcp.options.timestamp.tsecr", "TSecr"),
	sack_le = ProtoField.uint32("xtcp.options.sack_le", "Left edge"),
	sack_re = ProtoField.uint32("xtcp.options.sack_re", "Right edge"),
	cookie = ProtoField.bytes("xtcp.options.fast_open.cookie", "Cookie"),
}
local flag_fields = {}
for _, flag in ipairs(FLAGS) do
	flag_fields[flag.bit] = ProtoField.bool("xtcp.flags." .. flag.name:lower(),
		flag.name, 8, nil, flag.bit)
end
xtcp.fields = { f.srcport, f.dstport, f.port, f.stream, f.seq, f.seq_raw,
	f.ack, f.ack_raw, f.hdr_len, f.flags, f.window, f.scaled, f.checksum,
	f.status, f.urgent, f.len, f.payload, f.option, f.kind, f.mss, f.wscale,
	f.tsval, f.tsecr, f.sack_le, f.sack_re, f.cookie }
for _, field in pairs(flag_fields) do
	table.insert(xtcp.fields, field)
end

local malformed = ProtoExpert.new("xtcp.malformed", "Impossible header",
				  expert.group.MALFORMED, expert.severity.ERROR)
local bad_sum = ProtoExpert.new("xtcp.checksum.bad", "Bad checksum",
	expert.group.CHECKSUM, expert.severity.WARN)
xtcp.experts = { malformed, bad_sum }
xtcp.prefs.relative = Pref.bool("Relative numbers", true,
	"Count sequence numbers from the first one of each end")

local addresses = {
	[4] = { Field.new("ip.src"), Field.new("ip.dst") },
	[6] = { Field.new("ipv6.src"), Field.new("ipv6.dst") },
}

-- Connections, by their two ends: who began with which number.
local streams, stream_count, of_packet = {}, 0, {}

function xtcp.init()
	streams, stream_count, of_packet = {}, 0, {}
end

-- The bytes of the innermost addresses, and their version; nil without any.
local function ends()
	for version, fields in pairs(addresses) do
		local src, dst = { fields[1]() }, { fields[2]() }
		if #src > 0 and #dst > 0 then
			return src[#src].range:bytes(), dst[#dst].range:bytes(),
			       version
		end
	end
end

local function sum(bytes, from)
	for i = 0, bytes:len() - 2, 2 do
		from = from + bytes:get_index(i) * 256 + bytes:get_index(i + 1)
	end
	if bytes:len() % 2 == 1 then
		from = from + bytes:get_index(bytes:len() - 1) * 256
	end
	return from
end

-- RFC 9293 3.1, with our protocol's number in the pseudo header
local function checksum_status(tvb)
	local src, dst = ends()

	if not src or tvb:len() < tvb:reported_len() then
		return UNVERIFIED
	end
	local total = sum(tvb:bytes(), PROTOCOL + tvb:len())
	total = sum(dst, sum(src, total))
	while total > 0xffff do
		total = total % 0x10000 + math.floor(total / 0x10000)
	end
	return total == 0xffff and GOOD or BAD
end

local function has(flags, name)
	return math.floor(flags / BIT[name]) % 2 == 1
end

-- The connection, and which end sends; a SYN without ACK begins another one
-- where its number is new.
local function find_stream(pinfo, head)
	local known = of_packet[pinfo.number]

	if known then
		return known.stream, known.side
	end
	local one = tostring(pinfo.net_src) .. " " .. head.srcport
	local two = tostring(pinfo.net_dst) .. " " .. head.dstport
	local side = one < two and 1 or 2
	local key = side == 1 and one .. " " .. two or two .. " " .. one
	local s = streams[key]
	local begins = has(head.flags, "SYN") and not has(head.flags, "ACK")

	if not s or (begins and s.base[side] and s.base[side] ~= head.seq) then
		s = { index = stream_count, base = {}, shift = {}, both = false }
		stream_count = stream_count + 1
		streams[key] = s
	end
	if not s.base[side] then
		s.base[side] = head.seq
	end
	if not s.base[3 - side] and has(head.flags, "ACK") then
		s.base[3 - side] = (head.ack - 1) % 2^32
	end
	of_packet[pinfo.number] = { stream = s, side = side }
	return s, side
end

local function read_head(tvb)
	return {
		srcport = tvb(0, 2):uint(), dstport = tvb(2, 2):uint(),
		seq = tvb(4, 4):uint(), ack = tvb(8, 4):uint(),
		offset = math.floor(tvb(12, 1):uint() / 16) * 4,
		flags = tvb(13, 1):uint(), window = tvb(14, 2):uint(),
	}
end

local function relative(number, base)
	if not xtcp.prefs.relative or not base then
		return number
	end
	return (number - base) % 2^32
end

local function flag_names(flags)
	local names = {}

	for _, flag in ipairs(FLAGS) do
		if has(flags, flag.name) then
			table.insert(names, flag.name)
		end
	end
	return #names > 0 and table.concat(names, ", ") or "<None>"
end

-- What an option holds, by the names that OPTIONS gives them.
local show = {
	MSS = function(tree, opt)
		tree:add(f.mss, opt(2, 2))
	end,
	WSCALE = function(tree, opt)
		tree:add(f.wscale, opt(2, 1))
	end,
	TS = function(tree, opt)
		tree:add(f.tsval, opt(2, 4))
		tree:add(f.tsecr, opt(6, 4))
	end,
	SACK = function(tree, opt)
		for at = 2, opt:len() - 8, 8 do
			tree:add(f.sack_le, opt(at, 4))
			tree:add(f.sack_re, opt(at + 4, 4))
		end
	end,
	FAST_OPEN = function(tree, opt)
		if opt:len() > 2 then
			tree:add(f.cookie, opt(2, opt:len() - 2))
		end
	end,
}

local function length_fits(known, len)
	-- RFC 7413 4.1.1: a cookie, or none where one is asked for
	if known.name == "FAST_OPEN" then
		return len == 2 or len >= 6 and len <= 18 and len % 2 == 0
	end
	if known.block then
		return len > known.length and (len - known.length) % known.block == 0
	end
	return len == known.length
end

local function note(s, side, name, opt, head)
	if name == "WSCALE" and has(head.flags, "SYN") then
		s.shift[side] = math.min(opt(2, 1):uint(), 14)
	end
end

local function show_option(tree, opt, s, side, head)
	local kind = opt(0, 1):uint()
	local known = OPTIONS[kind]
	local name = known and known.name or "Unknown"
	local item = tree:add(f.option, opt)

	item:set_text("Option: " .. (known and known.text or "unknown, kind " .. kind))
	item:add(f.kind, opt(0, 1))
	if known and not length_fits(known, opt:len()) then
		item:append_text(" (skipped: its length is not that option's)")
	elseif show[name] then
		show[name](item, opt)
		note(s, side, name, opt, head)
	end
end

-- Return: false when an option's length is impossible (RFC 9293 MUST-68).
local function show_options(tree, tvb, head, s, side)
	local at = HEADER_MIN

	while at < head.offset do
		local kind = tvb(at, 1):uint()
		if kind == END then
			tree:add(f.option, tvb(at, head.offset - at)):set_text(
				"End of options")
			return true
		end
		if kind == NOP then
			tree:add(f.option, tvb(at, 1)):set_text("No-Operation")
			at = at + 1
		else
			local len = at + 1 < head.offset and tvb(at + 1, 1):uint() or 0
			if len < 2 or at + len > head.offset then
				tree:add_proto_expert_info(malformed,
					"An option's length is impossible")
				return false
			end
			show_option(tree, tvb(at, len), s, side, head)
			at = at + len
		end
	end
	return true
end

local function show_flags(tree, tvb, head)
	local item = tree:add(f.flags, tvb(13, 1))

	item:append_text(" (" .. flag_names(head.flags) .. ")")
	for _, flag in ipairs(FLAGS) do
		item:add(flag_fields[flag.bit], tvb(13, 1))
	end
end

local function show_window(tree, tvb, head, s, side)
	local shift = 0

	tree:add(f.window, tvb(14, 2))
	-- Scaled where both ends have said by how much, but never on a SYN.
	if not has(head.flags, "SYN") and s.shift[1] and s.shift[2] then
		shift = s.shift[side]
	end
	tree:add(f.scaled, tvb(14, 2), head.window * 2^shift):set_generated()
end

local function show_checksum(tree, tvb)
	local status = checksum_status(tvb)
	local item = tree:add(f.checksum, tvb(HEADER_CHECK, 2))

	item:append_text(" (" .. TEXT[status]:lower() .. ")")
	item:add(f.status, tvb(HEADER_CHECK, 2), status):set_generated()
	if status == BAD then
		item:add_proto_expert_info(bad_sum,
			"Bad checksum, or it is left to the device to fill in")
	end
end

local function show_ports(tree, tvb, head)
	tree:add(f.srcport, tvb(0, 2))
	tree:add(f.dstport, tvb(2, 2))
	tree:add(f.port, tvb(0, 2)):set_hidden()
	tree:add(f.port, tvb(2, 2)):set_hidden()
end

local function show_numbers(tree, tvb, head, s, side)
	tree:add(f.seq, tvb(4, 4), relative(head.seq, s.base[side]))
	tree:add(f.seq_raw, tvb(4, 4))
	-- Without its flag it means nothing.
	if has(head.flags, "ACK") then
		tree:add(f.ack, tvb(8, 4), relative(head.ack, s.base[3 - side]))
		tree:add(f.ack_raw, tvb(8, 4))
	end
end

local function summary(pinfo, head, s, side, text)
	local line = string.format("%d -> %d [%s] Seq=%u", head.srcport,
		head.dstport, flag_names(head.flags),
		relative(head.seq, s.base[side]))

	if has(head.flags, "ACK") then
		line = line .. string.format(" Ack=%u",
			relative(head.ack, s.base[3 - side]))
	end
	pinfo.cols.info:set(line .. string.format(" Win=%u Len=%u",
						  head.window, text))
end

local function refuse(tree, pinfo, why)
	tree:add_proto_expert_info(malformed, why)
	pinfo.cols.info:set(why)
end

local function show_segment(tvb, pinfo, tree, head)
	local s, side = find_stream(pinfo, head)
	local text = tvb:reported_len() - head.offset

	tree:append_text(string.format(", Src Port: %d, Dst Port: %d",
				       head.srcport, head.dstport))
	show_ports(tree, tvb, head)
	tree:add(f.stream, s.index):set_generated()
	tree:add(f.len, text):set_generated()
	show_numbers(tree, tvb, head, s, side)
	tree:add(f.hdr_len, tvb(12, 1), head.offset)
	show_flags(tree, tvb, head)
	show_window(tree, tvb, head, s, side)
	show_checksum(tree, tvb)
	if has(head.flags, "URG") then
		tree:add(f.urgent, tvb(18, 2))
	end
	if tvb:len() >= head.offset then
		show_options(tree, tvb, head, s, side)
	end
	summary(pinfo, head, s, side, text)
	if tvb:len() > head.offset then
		tree:add(f.payload, tvb(head.offset))
		data:call(tvb(head.offset):tvb(), pinfo, tree)
	end
end

function xtcp.dissector(tvb, pinfo, tree)
	local item = tree:add(xtcp, tvb())

	pinfo.cols.protocol:set("XTCP")
	if tvb:len() < HEADER_MIN then
		refuse(item, pinfo, "Shorter than a header")
		return
	end
	local head = read_head(tvb)
	if head.offset < HEADER_MIN or head.offset > tvb:reported_len() then
		refuse(item, pinfo, "Data offset below 5 or beyond the end")
		return
	end
	show_segment(tvb, pinfo, item, head)
end

DissectorTable.get("ip.proto"):add(PROTOCOL, xtcp)
