package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DataLoaderTest {
    private static final Dataset TEN =
            new TensorDataset(Tensor.arange(10, DType.F32, Device.CPU).reshape(10, 1), Tensor.arange(10));

    private static List<Long> order(DataLoader loader, long epoch) {
        List<Long> seen = new ArrayList<>();
        for (Batch batch : loader.epoch(epoch)) {
            for (long y : batch.y().toLongArray()) {
                seen.add(y);
            }
            assertThat(batch.x().to(Device.CPU).flatten().to(DType.I64).toLongArray())
                    .containsExactly(batch.y().toLongArray());
        }
        return seen;
    }

    @Test
    void lastBatchIsSmaller() {
        List<Long> sizes = new ArrayList<>();
        new DataLoader(TEN, 4, false, 0).epoch(0).forEach(batch -> sizes.add(batch.size()));
        assertThat(sizes).containsExactly(4L, 4L, 2L);
        assertThat(new DataLoader(TEN, 4, false, 0).batches()).isEqualTo(3);
    }

    @Test
    void orderDependsOnSeedAndEpochOnly() {
        List<Long> all = LongStream.range(0, 10).boxed().toList();
        DataLoader loader = new DataLoader(TEN, 3, true, 5);
        assertThat(order(loader, 1)).containsExactlyInAnyOrderElementsOf(all).isNotEqualTo(all);
        assertThat(order(loader, 1)).isEqualTo(order(new DataLoader(TEN, 4, true, 5), 1));
        assertThat(order(loader, 1)).isNotEqualTo(order(loader, 2));
        assertThat(order(loader, 1)).isNotEqualTo(order(new DataLoader(TEN, 3, true, 6), 1));
        assertThat(order(new DataLoader(TEN, 3, false, 5), 7)).isEqualTo(all);
    }

    @Test
    void anEpochCanBeginAfterSomeBatches() {
        DataLoader loader = new DataLoader(TEN, 3, true, 5);
        List<Long> rest = new ArrayList<>();
        loader.epoch(2, 2)
                .forEach(batch -> LongStream.of(batch.y().toLongArray()).forEach(rest::add));
        assertThat(rest).isEqualTo(order(loader, 2).subList(6, 10));
        assertThat(loader.epoch(2, 4)).isEmpty();
    }

    @Test
    void theDatasetIsToldTheEpoch() {
        List<Long> told = new ArrayList<>();
        Dataset listening = new Dataset() {
            @Override
            public long size() {
                return TEN.size();
            }

            @Override
            public Batch batch(long[] indices) {
                return TEN.batch(indices);
            }

            @Override
            public void epoch(long number) {
                told.add(number);
            }
        };
        assertThat(order(new DataLoader(listening, 4, false, 0), 7)).hasSize(10);
        assertThat(told).containsExactly(7L);
    }

    @Test
    void batchesAreBroughtToTheDeviceByAThreadOfItsOwn() {
        FakeGpu.COPIED_BY.clear();
        DataLoader loader = new DataLoader(TEN, 4, false, 0, FakeGpu.DEVICE);
        assertThat(loader.epoch(0))
                .allSatisfy(batch -> assertThat(batch.x().device()).isEqualTo(FakeGpu.DEVICE));
        assertThat(order(loader, 1)).isEqualTo(LongStream.range(0, 10).boxed().toList());
        assertThat(FakeGpu.COPIED_BY).containsExactly("lanewise-prefetch");
    }

    @Test
    void batchesBelongToTheTakersScope() {
        Tensor x;
        var batches = new DataLoader(TEN, 5, false, 0).epoch(0).iterator();
        try (var ignored = Scope.open("taker")) {
            x = batches.next().x();
            assertThat(x.sum().item()).isEqualTo(10);
        }
        assertThatThrownBy(() -> x.add(1)).hasMessageContaining("scope 'taker'");
        assertThat(batches.next().x().sum().item()).isEqualTo(35);
    }

    /** Ten samples of which two are broken. */
    private static final Dataset BROKEN = new Dataset() {
        @Override
        public long size() {
            return 10;
        }

        @Override
        public Batch batch(long[] indices) {
            for (long index : indices) {
                if (index % 5 == 3) {
                    throw new IllegalStateException("not a picture");
                }
            }
            return TEN.batch(indices);
        }

        @Override
        public String describe(long index) {
            return "cat/" + index + ".jpg";
        }
    };

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void badSamplesAreNamed(int workers) {
        DataLoader loader =
                new DataLoader(BROKEN, 3, Sampler.sequential(10), new DataLoader.Options(workers, workers, false));
        Iterator<Batch> batches = loader.epoch(0).iterator();
        assertThat(batches.next().y().toLongArray()).containsExactly(0, 1, 2);
        assertThatThrownBy(batches::next)
                .isInstanceOfSatisfying(
                        BadSampleException.class, bad -> assertThat(bad.index()).isEqualTo(3))
                .hasMessage("data loader: found a bad sample, number 3 (cat/3.jpg): not a picture; correct it or leave"
                        + " it out")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void failureOfWhatNoSampleIsToBlameForReachesTheTaker() {
        Dataset unfit = new Dataset() {
            @Override
            public long size() {
                return 4;
            }

            @Override
            public Batch batch(long[] indices) {
                if (indices.length > 1) {
                    throw new IllegalStateException("they differ in size");
                }
                return TEN.batch(indices);
            }
        };
        assertThatThrownBy(() ->
                        new DataLoader(unfit, 2, false, 0).epoch(0).iterator().next())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("they differ in size");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 16})
    void orderIsTheSameForAnyNumberOfWorkers(int workers) {
        DataLoader loader = new DataLoader(TEN, 3, Sampler.shuffled(10, 5), DataLoader.Options.workers(workers));
        assertThat(order(loader, 2)).isEqualTo(order(new DataLoader(TEN, 3, true, 5), 2));
    }

    @Test
    void workersMakeBatchesAtOnceAndNoMoreThanTold() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Semaphore go = new Semaphore(0);
        Dataset slow = new Dataset() {
            @Override
            public long size() {
                return 10;
            }

            @Override
            public Batch batch(long[] indices) {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                go.acquireUninterruptibly();
                now.decrementAndGet();
                return TEN.batch(indices);
            }
        };
        DataLoader loader = new DataLoader(slow, 1, Sampler.sequential(10), new DataLoader.Options(3, 6, false));
        Iterator<Batch> batches = loader.epoch(0).iterator();
        for (int waited = 0; most.get() < 3 && waited < 12_000; waited++) {
            Thread.sleep(5);
        }
        go.release(10);
        int taken = 0;
        while (batches.hasNext()) {
            assertThat(batches.next().y().toLongArray()).containsExactly(taken++);
        }
        assertThat(taken).isEqualTo(10);
        assertThat(most).hasValue(3);
    }

    @Test
    void anEpochCanBeginInItsMiddle() {
        DataLoader loader = new DataLoader(TEN, 3, true, 5);
        List<Long> whole = order(loader, 4);
        List<Long> rest = new ArrayList<>();
        for (Batch batch : loader.epoch(4, 2)) {
            for (long y : batch.y().toLongArray()) {
                rest.add(y);
            }
        }
        assertThat(rest).isEqualTo(whole.subList(6, 10));
        assertThat(loader.epoch(4, 4)).isEmpty();
        assertThatThrownBy(() -> loader.epoch(4, 5)).hasMessageContaining("batch 5 of 4");
    }

    @Test
    void lastBatchCanBeLeftOut() {
        DataLoader loader = new DataLoader(TEN, 4, Sampler.sequential(10), new DataLoader.Options(1, 2, true));
        assertThat(order(loader, 0)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
        assertThat(loader.batches()).isEqualTo(2);
        assertThat(loader.samples()).isEqualTo(8);
    }

    @Test
    void changedBatchesLiveOn() {
        Dataset oneHot = TEN.map(batch -> new Batch(batch.x().mul(2), batch.y()).withOneHotTargets(10));
        try (var ignored = Scope.open("epoch")) {
            Batch batch = new DataLoader(oneHot, 2, Sampler.sequential(3, 1), DataLoader.Options.defaults())
                    .epoch(0)
                    .iterator()
                    .next();
            assertThat(batch.x().toFloatArray()).containsExactly(6, 2);
            assertThat(batch.y().shape().toArray()).containsExactly(2, 10);
            assertThat(batch.y().argmax(1).toLongArray()).containsExactly(3, 1);
            assertThat(batch.y().sum().item()).isEqualTo(2);
        }
        assertThat(BROKEN.map(batch -> batch).describe(3)).isEqualTo("cat/3.jpg");
    }

    @Test
    void batchSizeZeroIsAnError() {
        assertThatThrownBy(() -> new DataLoader(TEN, 0, false, 0)).hasMessageContaining("batch size 0");
        assertThatThrownBy(() -> new DataLoader.Options(3, 2, false))
                .hasMessageContaining("3 workers, 2 batches ahead");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void errorsOfADataSetArriveAsThemselves(int workers) {
        for (Error error : new Error[] {new OutOfMemoryError("here"), new AssertionError("there")}) {
            Dataset failing = new Dataset() {
                @Override
                public long size() {
                    return 10;
                }

                @Override
                public Batch batch(long[] indices) {
                    throw error;
                }
            };
            DataLoader loader =
                    new DataLoader(failing, 2, Sampler.sequential(10), new DataLoader.Options(workers, workers, false));
            assertThatThrownBy(() -> loader.epoch(0).iterator().next()).isSameAs(error);
        }
    }

    @Test
    void droppingTheLastBatchMustLeaveOne() {
        Tensor x = Tensor.zeros(5, 1);
        TensorDataset data = new TensorDataset(x, x);
        DataLoader.Options dropping = new DataLoader.Options(1, 1, true);
        assertThatThrownBy(() -> new DataLoader(data, 6, Sampler.sequential(5), dropping))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("5 samples make no batch of 6");
        assertThat(new DataLoader(data, 5, Sampler.sequential(5), dropping).batches())
                .isEqualTo(1);
    }
}
