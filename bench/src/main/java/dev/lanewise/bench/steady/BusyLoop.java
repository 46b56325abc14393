package dev.lanewise.bench.steady;

/** A process that keeps one core busy until it is ended. */
final class BusyLoop {
    private static volatile double sink;

    private BusyLoop() {}

    /** Never returns. */
    public static void main(String[] args) {
        double x = 0;
        while (true) {
            x = Math.sqrt(x + 1);
            sink = x;
        }
    }
}
