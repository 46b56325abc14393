#!/usr/bin/env python3
"""scaling.py: how long a step of data-parallel training takes on many ranks, by a model of cost.

    python3 distributed/scaling.py --compute-ms 500 --megabytes 44.8 --latency-us 30 --gigabytes-per-s 3 --ranks 8 64 1024

The model:
- A ring all-reduce of B bytes over n ranks takes 2 (n - 1) (L + B / (n W)): 2 (n - 1) steps, each with the latency L of a message
  and B / n bytes at the bandwidth W of a connection (Patarasuk and Yuan 2009). What is sent goes in buckets (DataParallel.Options), each
  an all-reduce of its own with one more message before it, which says what is called.
- The backward pass takes two thirds of a step's computing. Buckets become ready evenly over it, the first when its share has been computed,
  and go out one after the other: what is not through at its end is waited for. With --busy a thread of the same core
  adds up and copies, so that what it takes is added to the computing instead (SHARE of the communication's time).
- Every rank computes as long (weak scaling: the same batch for each). With --strong the whole batch stays as it is, and computing
  is divided by n.
- With --cores all ranks are on one machine, whose cores they share; each computes with one thread. As long as there are no more ranks than
  cores, that changes nothing. With more of them they take turns: what one rank computes, sends and adds up in a step takes a core, the
  cores do this for all ranks one after the other, and there is no idle core behind which sending could hide. So a step takes
  ranks / cores times as long as a rank's computing and its share (--busy) of an all-reduce, and a message also waits for its
  receiver's turn: the latency is --turn-us where that is more.
- --compute-ms is best measured with as many ranks side by side, which don't exchange anything, as the machine will have: they share
  memory and caches, which this model knows nothing about.
- Left out: ranks that differ in speed (a step takes as long as the slowest), several ranks at one network card, congestion,
  reading data, batch normalization's statistics.
"""
import argparse

BACKWARD = 2 / 3


def all_reduce(size, ranks, latency, bandwidth):
    """Seconds of an all-reduce with the message that announces it."""
    if ranks == 1:
        return 0.0
    return latency + 2 * (ranks - 1) * (latency + size / (ranks * bandwidth))


def step(compute, size, ranks, latency, bandwidth, busy, bucket_size, cores, turn):
    """Seconds of a step, and of the communication in it."""
    if ranks == 1:
        return compute, 0.0
    buckets = max(1, round(size / bucket_size))
    if cores and ranks > cores:
        sending = buckets * all_reduce(size / buckets, ranks, max(latency, turn), bandwidth)
        work = buckets * all_reduce(size / buckets, ranks, latency, bandwidth)
        return max((compute + busy * work) * ranks / cores, sending), sending
    each = all_reduce(size / buckets, ranks, latency, bandwidth)
    computing = compute + busy * buckets * each
    backward = BACKWARD * computing
    through = 0.0
    for bucket in range(1, buckets + 1):
        ready = backward * bucket / buckets
        through = max(through, ready) + each
    return computing - backward + max(backward, through), buckets * each


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compute-ms", type=float, required=True, help="a step on one rank alone")
    parser.add_argument("--megabytes", type=float, required=True, help="gradients: four bytes for each parameter, in 10^6")
    parser.add_argument("--latency-us", type=float, required=True, help="of a message between neighbours")
    parser.add_argument("--gigabytes-per-s", type=float, required=True, help="of a connection, with adding up")
    parser.add_argument("--bucket-mib", type=float, default=1.0, help="how much is sent at once")
    parser.add_argument("--busy", type=float, default=0.0, metavar="SHARE", help="of communication that takes the computing's core")
    parser.add_argument("--cores", type=int, default=0, help="of the one machine that all ranks are on; 0: a core for each")
    parser.add_argument("--turn-us", type=float, default=0.0, help="with more ranks than cores: until a rank that is to receive has its turn")
    parser.add_argument("--strong", action="store_true", help="divide the same batch by the ranks")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    args = parser.parse_args()
    if min(args.compute_ms, args.megabytes, args.latency_us, args.gigabytes_per_s, args.bucket_mib, *args.ranks) <= 0:
        parser.error("expected numbers above 0")
    if args.cores < 0 or args.turn_us < 0:
        parser.error("expected --cores and --turn-us of 0 or more")
    print(f"{'ranks':>6} {'step ms':>9} {'sending ms':>11} {'speedup':>8} {'efficiency':>11}")
    for ranks in args.ranks:
        compute = args.compute_ms / 1e3 / (ranks if args.strong else 1)
        seconds, sending = step(
            compute,
            args.megabytes * 1e6,
            ranks,
            args.latency_us / 1e6,
            args.gigabytes_per_s * 1e9,
            args.busy,
            args.bucket_mib * (1 << 20),
            args.cores,
            args.turn_us / 1e6,
        )
        speedup = args.compute_ms / 1e3 / seconds * (1 if args.strong else ranks)
        print(f"{ranks:6} {seconds * 1e3:9.1f} {sending * 1e3:11.1f} {speedup:8.2f} {speedup / ranks:11.1%}")


if __name__ == "__main__":
    main()
