#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of segment in every state: RFC 9293 3.10.7, cell by cell.

The events are those of module/machine/events.def. A cell says what comes back
and which state the connection is in then. What comes back:

  -      nothing
  ack    <SEQ=SND.NXT><ACK=RCV.NXT>
  ack?   the same or nothing
  rst    <SEQ=SEG.ACK><RST>
  rst0   <SEQ=0><ACK=SEG.SEQ+SEG.LEN><RST,ACK>
  abort  <SEQ=SND.NXT><RST>
  synack <SYN,ACK>, from ISS
"""
from context import SYNCHRONISED, main
from segment import SYN
from tap import add
from xtcp_wire import ACK_S, ANY

SAME = None
OPENING = ("SYN_RCVD",)
KNOWN = OPENING + SYNCHRONISED
BEFORE = ("CLOSED", "LISTEN", "SYN_SENT")
ENDED = ("CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT")
UNACKED = ("FIN_WAIT_1", "CLOSING", "LAST_ACK")
SHORT_S = 0.05	# an unanswered FIN comes again after 200 ms
FAR = 0x20000000	# beyond any window that we announce

CELLS = []


def event(name, send, cells, without=()):
    """send: what arrives. cells: {states: (what comes back, new state)}."""
    for states, (reply, state) in cells.items():
        states = (states,) if isinstance(states, str) else states
        for old in states:
            if old not in without:
                CELLS.append((name, send, old, reply, state or old))


def fin_unacked(f):
    return f.rcv_nxt - f.unacked


# RST (RFC 9293 3.10.7, as RFC 5961 3 changed it).
event("rst_outside", lambda f: f.send("R", seq=f.snd_nxt - 10),
      {BEFORE + KNOWN: ("-", SAME)})
event("rst_outside_right", lambda f: f.send("R", seq=f.snd_nxt + FAR),
      {KNOWN: ("-", SAME)})
event("rst_bad_ack", lambda f: f.send("RA", seq=0, ack=f.rcv_nxt + 1),
      {"SYN_SENT": ("-", SAME)})
event("rst_inexact", lambda f: f.send("R", seq=f.snd_nxt + 1),
      {KNOWN: ("ack", SAME)})
event("rst_exact", lambda f: f.send("R", seq=f.snd_nxt),
      {KNOWN: ("-", "CLOSED")}, without=("TIME_WAIT",))
event("rst_exact", lambda f: f.send("R", seq=f.snd_nxt),
      {"TIME_WAIT": ("-", SAME)})
event("rst_exact", lambda f: f.send("RA", seq=0, ack=f.rcv_nxt),
      {"SYN_SENT": ("-", "CLOSED")})
event("rst_text", lambda f: f.send("R", b"bye", seq=f.snd_nxt),
      {"ESTABLISHED": ("-", "CLOSED")})

# SYN. Of two in TIME_WAIT the newer one is a matter of timewait.py.
event("syn", lambda f: f.send("S"),
      {"CLOSED": ("rst0", SAME), "LISTEN": ("synack", "SYN_RCVD"),
       "SYN_SENT": ("synack", "SYN_RCVD")})
event("syn", lambda f: f.send("S", seq=f.snd_nxt + 10),
      {("SYN_RCVD",) + SYNCHRONISED[:-1]: ("ack", SAME)})
event("syn_outside", lambda f: f.send("S", seq=f.iss - 70000),
      {SYNCHRONISED: ("ack", SAME)})
event("syn_text", lambda f: f.send("S", b"text", seq=f.snd_nxt),
      {SYNCHRONISED[:-1]: ("ack", SAME)})
event("syn_fin", lambda f: f.send("SF", seq=f.snd_nxt),
      {"CLOSED": ("rst0", SAME), "LISTEN": ("-", SAME),
       SYNCHRONISED[:-1]: ("ack", SAME)})
event("syn_rst", lambda f: f.send("SR", seq=f.snd_nxt - 10),
      {BEFORE: ("-", SAME), KNOWN: ("-", SAME)})
event("syn_again", lambda f: f.send("S", seq=f.iss),
      {"SYN_RCVD": ("synack", SAME), SYNCHRONISED: ("ack", SAME)})
event("syn_ack", lambda f: f.send("SA", seq=f.iss),
      {SYNCHRONISED: ("ack", SAME)})
event("syn_ack", lambda f: f.send("SA", ack=77777),
      {("CLOSED", "LISTEN"): ("rst", SAME)})
event("syn_ack", lambda f: f.send("SA"),
      {"SYN_SENT": ("ack", "ESTABLISHED")})

# Outside the window: old or beyond.
event("outside", lambda f: f.send("A", b"01234", seq=f.snd_nxt - 10),
      {SYNCHRONISED: ("ack", SAME)})
event("outside_right", lambda f: f.send("A", b"01234", seq=f.snd_nxt + FAR),
      {KNOWN: ("ack", SAME)})
event("outside_empty", lambda f: f.send("A", seq=f.snd_nxt - 10),
      {SYNCHRONISED: ("ack", SAME)})
event("fin_again", lambda f: f.send("FA", seq=f.snd_nxt - 1,
                                    ack=fin_unacked(f)),
      {ENDED: ("ack", SAME)})

# No ACK flag.
for flags in ("", "F", "P", "U", "FPU"):
    label = "no_ack" + ("_" + flags.lower() if flags else "")
    event(label, lambda f, flags=flags: f.send(flags, b"abc", seq=f.snd_nxt),
          {"CLOSED": ("rst0", SAME),
           ("LISTEN", "SYN_SENT") + KNOWN: ("-", SAME)})

# Acks of what was never sent, and too old ones (RFC 5961 5).
event("ack_bad", lambda f: f.send("A", b"x", ack=12345, seq=f.iss),
      {("CLOSED", "LISTEN"): ("rst", SAME)})
event("ack_bad", lambda f: f.send("A", ack=f.rcv_nxt + 1000, seq=f.snd_nxt),
      {("SYN_SENT", "SYN_RCVD"): ("rst", SAME),
       SYNCHRONISED[:-1]: ("ack", SAME)})
event("ack_bad_low", lambda f: f.send("A", ack=f.irs, seq=f.snd_nxt),
      {("SYN_SENT", "SYN_RCVD"): ("rst", SAME)})
event("ack_bad_text", lambda f: f.send("A", b"evil", ack=f.rcv_nxt + 1000,
                                       seq=f.snd_nxt),
      {"ESTABLISHED": ("ack", SAME)})
event("ack_bad_fin", lambda f: f.send("FA", ack=f.rcv_nxt + 1000,
                                      seq=f.snd_nxt),
      {("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"): ("ack", SAME)})
event("ack_old", lambda f: f.send("A", b"evil", seq=f.snd_nxt,
                                  ack=f.rcv_nxt - 200000),
      {"SYN_RCVD": ("rst", SAME), "ESTABLISHED": ("ack", SAME),
       "CLOSE_WAIT": ("ack", SAME)})

# Acceptable acks.
event("ack", lambda f: f.send("A", ack=fin_unacked(f)),
      {"SYN_RCVD": ("-", "ESTABLISHED"), SYNCHRONISED[:-1]: ("-", SAME),
       "TIME_WAIT": ("ack?", SAME), "SYN_SENT": ("-", SAME)})
event("ack_ours", lambda f: f.send("A"),
      {"FIN_WAIT_1": ("-", "FIN_WAIT_2"), "CLOSING": ("-", "TIME_WAIT"),
       "LAST_ACK": ("-", "CLOSED")})
event("fin", lambda f: f.send("FA", ack=fin_unacked(f)),
      {("CLOSED", "LISTEN"): ("rst", SAME), "SYN_SENT": ("-", SAME),
       ("SYN_RCVD", "ESTABLISHED"): ("ack", "CLOSE_WAIT"),
       "FIN_WAIT_1": ("ack", "CLOSING"),
       "FIN_WAIT_2": ("ack", "TIME_WAIT")})
event("fin_ours", lambda f: f.send("FA"),
      {"FIN_WAIT_1": ("ack", "TIME_WAIT")})
event("text_after_fin", lambda f: f.send("A", b"late", seq=f.snd_nxt,
                                         ack=fin_unacked(f)),
      {ENDED[:-1]: ("ack?", SAME), "TIME_WAIT": ("ack?", SAME)})
event("text_ack_ours", lambda f: f.send("A", b"late", seq=f.snd_nxt),
      {"CLOSING": ("ack?", "TIME_WAIT"), "LAST_ACK": ("-", "CLOSED")})

ROLE_FREE = ("CLOSED", "LISTEN", "SYN_SENT")
ENDINGS = ("FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT")
# Where the host's TCP goes ways of its own; orphans in FIN_WAIT_2 all over.
HOST_DIFFERS = {
    ("rst_exact", "TIME_WAIT"): "its rfc1337 is 0",
    ("rst_inexact", "TIME_WAIT"): "silence or CLOSED",
    ("rst_inexact", "SYN_RCVD"): "CLOSED when it opened passively",
    ("syn", "SYN_RCVD"): "CLOSED when it opened passively",
    ("syn_again", "SYN_RCVD"): "an ACK when it opened actively",
    ("ack_bad", "ESTABLISHED"): "silence",
    ("ack_bad_text", "ESTABLISHED"): "silence",
    ("ack_bad_fin", "ESTABLISHED"): "silence",
    ("ack_bad_low", "SYN_RCVD"): "an ACK when it opened actively",
}
for flags in ("", "_f", "_p", "_u", "_fpu"):
    HOST_DIFFERS["no_ack" + flags, "TIME_WAIT"] = "an ACK"


def variants(state):
    """Every cell in both roles and IP versions, but not in all products."""
    if state in ROLE_FREE:
        return [{"v": 4}, {"v": 6}]
    both = [{"role": "passive", "v": 4}, {"role": "active", "v": 6}]
    if state not in ENDINGS:
        return both
    return [dict(b, how=how) for b in both for how in ("shutdown", "close")]


def quiet(f):
    """Nothing comes; but in SYN_SENT our SYN may at any time."""
    while f.wire.wait(lambda: f.queue, SHORT_S):
        if f.queue[0].flags != SYN:
            f.silent()
        f.queue.pop(0)


def check_reply(f, seg, reply):
    if reply == "ack":
        f.expect("A", within=ACK_S)
    elif reply == "ack?":
        if f.wire.wait(lambda: f.queue, SHORT_S):
            f.expect("A")
    elif reply == "rst":
        f.expect("R", seq=seg.ack)
    elif reply == "rst0":
        f.expect("RA", seq=0, ack=seg.end)
    elif reply == "synack":
        f.expect("SA", seq=ANY if f.irs is None else f.irs)
    quiet(f)


def make_case(name, send, old, reply, new):
    def run(t):
        f = t.hold(old)
        f.unacked = 1 if old in UNACKED else 0
        if f.rcv_nxt is None:
            f.rcv_nxt = 4242
        seg = send(f)
        check_reply(f, seg, reply)
        if new == "LISTEN":
            t.see("listening", f.listening(), True)
        else:
            f.expect_state(new)
        if old == new == "ESTABLISHED":
            t.see("read", t.read(f), "EAGAIN")
    for params in variants(old):
        host = HOST_DIFFERS.get((name, old), True)
        if (old, params.get("how")) == ("FIN_WAIT_2", "close"):
            host = "it treats them as if in TIME_WAIT"
        add("rcv_%s_%s" % (name, old.lower()), run, params, host)


for cell in CELLS:
    make_case(*cell)

if __name__ == "__main__":
    main()
