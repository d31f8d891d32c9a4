#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""LIFECYCLE row "stream" with a peer that loses, repeats and reorders: every
byte arrives once and in order. XTCP_TEST_SEED=N repeats a run.
"""
import os
import random
import time

from context import MSS, main
from segment import FIN, M32, diff
from tap import test

VERSIONS = (4, 6)
SEED = os.environ.get("XTCP_TEST_SEED", "1")
TOTAL = 150000
LIMIT_S = 300		# of the guest's clock; losses cost time-outs

TEXT = bytes(i * 31 % 253 for i in range(TOTAL))


class Receiver:
    """The peer receives: in order, with what is out of order kept apart."""

    def __init__(self, t, f, loss, ts):
        self.rng = random.Random("%s %g %d %s" % (SEED, loss, t.v, ts))
        self.f, self.loss = f, loss
        self.text, self.apart = b"", {}
        self.start = f.rcv_nxt
        self.fin_at = None

    def lost(self):
        return self.rng.random() < self.loss

    def take(self, seg):
        at = diff(seg.seq, self.start)
        if at < 0 or at > TOTAL:
            self.f.fail("what is this: " + self.f.show(seg))
        if seg.data and TEXT[at:at + len(seg.data)] != seg.data:
            self.f.fail("wrong bytes in " + self.f.show(seg))
        if seg.flags & FIN:
            self.fin_at = at + len(seg.data)
        if seg.data:
            self.apart[at] = max(seg.data, self.apart.get(at, b""), key=len)
        for at in sorted(self.apart):
            if at > len(self.text):
                break
            self.text += self.apart.pop(at)[len(self.text) - at:] \
                if at + len(self.apart[at]) > len(self.text) else b""
        self.apart = {a: d for a, d in self.apart.items()
                      if a + len(d) > len(self.text)}

    def answer(self):
        f = self.f
        done = self.fin_at == len(self.text)
        f.rcv_nxt = (self.start + len(self.text) + done) & M32
        if f.tsval is not None:
            f.tsval += 1
        if not self.lost():
            f.send("A")

    def step(self):
        """A handful of what came, shuffled; then an answer to each."""
        f = self.f
        if not f.wire.wait(lambda: f.queue, 10):
            f.fail("nothing came for 10 s")
        count = self.rng.randint(1, 4)
        some, f.queue = f.queue[:count], f.queue[count:]
        if self.rng.random() < 0.2:
            self.rng.shuffle(some)
        for seg in some:
            if "ts" in seg.opts:
                f.ts_recent = max(f.ts_recent, seg.opts["ts"][0])
            if self.lost():
                continue
            self.take(seg)
            self.answer()


@test("stream", what=("lossy-receiver",), loss=(0.02, 0.15),
      ts=("timestamps", "plain"), v=VERSIONS)
def lossy_receiver(t):
    """We send; losses of text and of ACKs, and reordering."""
    fields = {"tsval": 1000} if t.ts == "timestamps" else {}
    f = t.passive(opts=MSS, **fields)
    peer = Receiver(t, f, t.loss, t.ts)
    end = time.monotonic() + LIMIT_S
    written = 0
    while peer.fin_at is None or len(peer.text) < TOTAL:
        if written < TOTAL:
            done = t.write(f, TEXT[written:written + 20000])
            written += done if isinstance(done, int) else 0
            if written == TOTAL:
                t.how = "shutdown"
                t.end_ours(f)
        peer.step()
        if time.monotonic() > end:
            f.fail("%d of %d bytes in %d s" % (len(peer.text), TOTAL,
                                               LIMIT_S))
    f.send("A")
    f.expect_state("FIN_WAIT_2")
    t.see("the bytes", peer.text == TEXT, True)


class Sender:
    """The peer sends: at random out of what is not acknowledged."""

    def __init__(self, t, f, loss, ts):
        self.rng = random.Random("%s %g %d %s" % (SEED, loss, t.v, ts))
        self.f, self.loss = f, loss
        self.start, self.una = f.snd_nxt, 0
        self.edge = 0

    def hear(self):
        f = self.f
        f.wire.take()
        for seg in f.queue:
            if "ts" in seg.opts:
                f.ts_recent = max(f.ts_recent, seg.opts["ts"][0])
            if self.rng.random() < self.loss:
                continue
            at = diff(seg.ack, self.start)
            if at > self.edge:
                f.fail("acknowledges what was not sent: " + f.show(seg))
            self.una = max(self.una, at)
            self.win = seg.win
        f.queue.clear()

    def speak(self):
        f, rng = self.f, self.rng
        if f.tsval is not None:
            f.tsval += 1
        at = self.una + (0 if rng.random() < 0.4 else
                         rng.randint(0, min(self.win, 20000)))
        size = rng.choice((1, 100, 700, 1400))
        at = min(at, TOTAL - 1)
        size = min(size, TOTAL - at, max(1, self.win - (at - self.una)))
        if size <= 0:
            return
        # Text that would leave a hole was never sent: that is allowed, a
        # receiver cannot know.
        self.edge = max(self.edge, at + size)
        if rng.random() >= self.loss:
            f.send("PA", TEXT[at:at + size], seq=self.start + at)

    def finished(self):
        return self.una >= TOTAL


@test("stream", what=("lossy-sender",), loss=(0.02, 0.15),
      ts=("timestamps", "plain"), v=VERSIONS)
def lossy_sender(t):
    """We receive; pieces of any size, in any order, over and over."""
    fields = {"tsval": 1000} if t.ts == "timestamps" else {}
    f = t.passive(opts=MSS, **fields)
    peer = Sender(t, f, t.loss, t.ts)
    peer.win = 20000
    text = b""
    for turn in range(20000):
        peer.speak()
        if turn % 3 == 0:
            got = t.read(f, peer.rng.randint(1, 9000))
            if isinstance(got, bytes):
                text += got
                if TEXT[len(text) - len(got):len(text)] != got:
                    f.fail("wrong bytes behind %d" % (len(text) - len(got)))
        peer.hear()
        if peer.finished():
            break
        if turn % 50 == 0:
            f.wire.wait(lambda: f.queue, 0.3)
    while len(text) < TOTAL:
        got = t.read(f)
        if not isinstance(got, bytes):
            f.fail("read: %s after %d of %d bytes" % (got, len(text), TOTAL))
        text += got
    t.see("the bytes", text == TEXT, True)
    f.snd_nxt = (peer.start + TOTAL) & M32
    f.drain()
    f.send("FA")
    f.wire.wait(lambda: False, 0.6)
    f.expect_state("CLOSE_WAIT")


if __name__ == "__main__":
    main()
