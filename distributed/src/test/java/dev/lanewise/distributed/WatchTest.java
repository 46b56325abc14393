package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WatchTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    /** Another thread than the one that closes has found out why all ends. */
    @Test
    @Timeout(300)
    void connectionsStayOpenUntilTheReasonHasBeenTold() throws InterruptedException {
        SlowControl control = new SlowControl();
        Watch watch = new Watch(0, Map.of(1, control), LONG, LONG, () -> {});
        Thread telling = Thread.ofPlatform().start(() -> watch.fail("rank 2 failed: no such file"));
        control.writing.await();
        Thread closing = Thread.ofPlatform().start(watch::close);
        while (closing.getState() != Thread.State.TIMED_WAITING && closing.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
        control.mayEnd.countDown();
        telling.join();
        closing.join();
        assertThat(control.events).containsExactly("told", "closed");
    }

    /** A connection that takes a message only when it may. */
    private static final class SlowControl implements Control {
        final List<String> events = new CopyOnWriteArrayList<>();
        final CountDownLatch writing = new CountDownLatch(1);
        final CountDownLatch mayEnd = new CountDownLatch(1);
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public void write(byte[] message) {
            writing.countDown();
            await(mayEnd);
            events.add("told");
        }

        @Override
        public byte[] read(int most, long deadline) throws IOException {
            await(closed);
            throw new IOException("closed");
        }

        @Override
        public void close() {
            events.add("closed");
            closed.countDown();
        }

        private static void await(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
