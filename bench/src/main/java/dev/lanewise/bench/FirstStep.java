package dev.lanewise.bench;

import dev.lanewise.tensor.Device;

/**
 * A process that makes one training step of the workload that it is given and says so: what {@code bench cold} times.
 */
final class FirstStep {
    private FirstStep() {}

    /** Makes the step. */
    public static void main(String[] args) {
        TrainWorkload.of(args[0]).prepare(Device.CPU).run();
        System.out.println(args[0]);
    }
}
