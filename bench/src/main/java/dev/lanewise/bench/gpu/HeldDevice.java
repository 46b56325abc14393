package dev.lanewise.bench.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * A GPU's device file that stays open until the end of this process. Without it, and without NVIDIA's persistence daemon,
 * the driver resets the GPU whenever a step's process ends and starts it anew, which takes seconds, for the next.
 */
final class HeldDevice {
    private HeldDevice() {}

    /** The file of a device such as {@code cuda:0}. */
    static Path file(String device) {
        return Path.of("/dev", "nvidia" + device.substring(device.indexOf(':') + 1));
    }

    /** Opens a file if it is there. The caller does not wait: opening it starts the GPU. */
    static void hold(Path file) {
        Thread holder = Thread.ofPlatform().daemon().name("gpu-check-device").unstarted(() -> {
            try (var ignored = Files.newInputStream(file)) {
                new CountDownLatch(1).await();
            } catch (IOException | InterruptedException e) {
                // then every process starts the GPU
                return;
            }
        });
        holder.start();
    }
}
