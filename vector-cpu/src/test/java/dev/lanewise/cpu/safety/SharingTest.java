package dev.lanewise.cpu.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Storage;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Threads that share tensors: another one may close the scope at any moment. */
final class SharingTest {
    @Test
    void aScopeThatAnotherThreadClosesFreesNothingUnderAnOperation() throws Exception {
        String printed = Children.run(Readers.class, List.of());
        assertThat(printed).contains("wrong 0").doesNotContain("read 0 ");
    }

    @Test
    void oneOfTwoThreadsAdoptsATensor() throws Exception {
        assertThat(Children.run(Adopters.class, List.of())).contains("errors 0");
    }

    /** One thread makes tensors and closes their scope at once, another trims the pool, two compute with them. */
    static final class Readers {
        record Shared(Tensor tensor, int value) {}

        private static final AtomicReference<Shared> NEWEST = new AtomicReference<>();
        private static final AtomicBoolean STOP = new AtomicBoolean();
        private static final AtomicLong READ = new AtomicLong();
        private static final AtomicLong REFUSED = new AtomicLong();
        private static final AtomicLong WRONG = new AtomicLong();

        private Readers() {}

        public static void main(String[] args) throws Exception {
            List<Thread> threads =
                    List.of(new Thread(Readers::read), new Thread(Readers::read), new Thread(Readers::trim));
            threads.forEach(Thread::start);
            long start = System.nanoTime();
            for (int i = 1; goesOn(System.nanoTime() - start); i++) {
                try (var scope = Scope.open("short")) {
                    // in its own pages, which trimming unmaps
                    Tensor tensor = Tensor.full(i, DType.F64, Device.CPU, 20_000 + i % 7 * 30_000);
                    NEWEST.set(new Shared(tensor, i));
                    if (i % 3 == 0) {
                        Thread.sleep(0, 200_000);
                    }
                }
            }
            STOP.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            System.out.println("read " + READ + " refused " + REFUSED + " wrong " + WRONG);
        }

        /** On a busy machine readers may long come too late for every tensor. */
        private static boolean goesOn(long nanoseconds) {
            return nanoseconds < 2_000_000_000L || READ.get() < 100 && nanoseconds < 30_000_000_000L;
        }

        private static void trim() {
            while (!STOP.get()) {
                HostMemory.trim();
                LockSupport.parkNanos(300_000);
            }
        }

        private static void read() {
            for (int turn = 0; !STOP.get(); turn++) {
                Shared shared = NEWEST.get();
                if (shared != null) {
                    try (var scope = Scope.open("reader")) {
                        check(shared, turn);
                        READ.incrementAndGet();
                    } catch (ReleasedTensorException e) {
                        REFUSED.incrementAndGet();
                    }
                }
            }
        }

        private static void check(Shared shared, int turn) {
            Tensor tensor = shared.tensor;
            double n = tensor.shape().elements();
            boolean right = switch (turn % 5) {
                case 0 -> tensor.sum().item() == n * shared.value;
                case 1 -> tensor.slice("::2").sum().item() == n / 2 * shared.value;
                case 2 -> tensor.toDoubleArray()[(int) n - 1] == shared.value;
                case 3 -> tensor.add(tensor).amax().item() == 2.0 * shared.value;
                default -> tensor.toString().startsWith("tensor(");
            };
            if (!right) {
                WRONG.incrementAndGet();
            }
        }
    }

    /** Two threads adopt the same tensor in scopes of their own, and keep it again, in any order. */
    static final class Adopters {
        private Adopters() {}

        public static void main(String[] args) throws Exception {
            AtomicInteger errors = new AtomicInteger();
            for (int i = 0; i < 1_000; i++) {
                Tensor tensor = Tensor.full(i, DType.F32, Device.CPU, 1000).keep();
                boolean keepsAgain = i % 2 == 0;
                CyclicBarrier start = new CyclicBarrier(2);
                Runnable adopt = () -> {
                    try {
                        start.await();
                        try (var scope = Scope.open("adopter")) {
                            Scope.adopt(tensor);
                            if (tensor.sum().item() < 0) {
                                errors.incrementAndGet();
                            }
                            if (keepsAgain) {
                                tensor.keep();
                            }
                        }
                    } catch (TensorException e) {
                        // the other thread's scope had it, and closed
                    } catch (Throwable e) {
                        errors.incrementAndGet();
                        e.printStackTrace();
                    }
                };
                Thread other = new Thread(adopt);
                other.start();
                adopt.run();
                other.join();
                if (!keepsAgain && !Storage.buffer(tensor).isReleased()) {
                    errors.incrementAndGet();
                }
            }
            System.out.println("errors " + errors);
        }
    }
}
