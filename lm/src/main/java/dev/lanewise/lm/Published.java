package dev.lanewise.lm;

import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Gives one subscriber what is being generated, computed in a thread of its own, one element ahead of what was asked for.
 *
 * @param <T> the type of the elements
 */
final class Published<T> implements Flow.Publisher<T> {
    private final Iterator<T> source;
    private final Runnable close;
    private final AtomicBoolean taken = new AtomicBoolean();

    /**
     * A publisher.
     *
     * @param source computes the elements
     * @param close releases what that needs
     */
    Published(Iterator<T> source, Runnable close) {
        this.source = source;
        this.close = close;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        boolean first = taken.compareAndSet(false, true);
        Thread.ofPlatform()
                .daemon()
                .name("lanewise-generation")
                .start(first ? new Work(subscriber) : () -> refuse(subscriber));
    }

    private static void refuse(Flow.Subscriber<?> subscriber) {
        subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {}

            @Override
            public void cancel() {}
        });
        subscriber.onError(new IllegalStateException(
                "generation: a second subscriber (expected one: elements are computed once); publish another stream"));
    }

    /** Computes and gives. */
    private final class Work implements Runnable, Flow.Subscription {
        private final Flow.Subscriber<? super T> subscriber;
        private long asked;
        private boolean cancelled;

        Work(Flow.Subscriber<? super T> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void run() {
            try {
                subscriber.onSubscribe(this);
                while (!isCancelled() && source.hasNext()) {
                    if (!mayGive()) {
                        return;
                    }
                    subscriber.onNext(source.next());
                }
                if (!isCancelled()) {
                    subscriber.onComplete();
                }
            } catch (InterruptedException | RuntimeException | Error e) {
                if (!isCancelled()) {
                    subscriber.onError(e);
                }
            } finally {
                close.run();
            }
        }

        /** Waits until an element was asked for; false if none will be. */
        private synchronized boolean mayGive() throws InterruptedException {
            while (asked == 0 && !cancelled) {
                wait();
            }
            if (asked < 0) {
                throw new IllegalArgumentException("generation: a request for no elements (expected 1 or more)");
            }
            // Long.MAX_VALUE is without end
            asked -= asked == Long.MAX_VALUE ? 0 : 1;
            return !cancelled;
        }

        private synchronized boolean isCancelled() {
            return cancelled;
        }

        @Override
        public synchronized void request(long count) {
            if (count < 1 || asked < 0) {
                asked = -1;
            } else {
                asked = count > Long.MAX_VALUE - asked ? Long.MAX_VALUE : asked + count;
            }
            notifyAll();
        }

        /** The thread that computes releases everything after the element that it is at. */
        @Override
        public synchronized void cancel() {
            cancelled = true;
            notifyAll();
        }
    }
}
