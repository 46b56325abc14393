package dev.lanewise.examples.forecast;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.loss.*;
import dev.lanewise.nn.models.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * A temporal convolutional network forecasts the next day of an hourly demand from the hours of the last days. It is compared
 * with the forecast that it will be as it was a day ago (seasonal naive), which is hard to beat where a day is like the other:
 * the ratio of both mean absolute errors is below 1 only for a model that learnt more than that. The last fifth of the series
 * is held out; the model is told nothing of it, not even its mean.
 */
public final class DemandForecast implements Example {
    private static final int DAY = 24;
    private static final int SEEN = 3 * DAY;

    /** Reads the past and says the next day, as changes to the last one. */
    private static final class Forecaster extends Layer {
        private final Layer past;
        private final Layer next;

        Forecaster(int channels, Rng rng) {
            past = child("past", new TemporalConvNet(1, channels, 4, 3, 0, rng));
            next = child("next", new Linear(channels, DAY, rng));
        }

        /** {@code [n, seen]} to {@code [n, day]}. */
        @Override
        protected Tensor compute(Tensor hours) {
            Tensor read = past.forward(hours.unsqueeze(1)).select(2, -1);
            return hours.narrow(1, SEEN - DAY, DAY).add(next.forward(read));
        }
    }

    @Override
    public String id() {
        return "forecast";
    }

    @Override
    public String shows() {
        return "a temporal convolutional network that forecasts a day of demand, measured against yesterday's";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        float[] series = demand(settings.of(365, 100) * DAY, settings.seed());
        int split = series.length * 4 / 5;
        DataLoader train = windows(series, 0, split, 1, settings.seed());
        DataLoader test = windows(series, split, series.length, DAY / 4, 0);
        Layer model = new Forecaster(settings.of(32, 8), new Rng(settings.seed()));
        var optimizer = new Adam(model.parameters(), settings.quick() ? 5e-3 : 2e-3);
        Loss loss = Losses.absoluteError(Reduction.MEAN);
        for (int epoch = 1; epoch <= settings.of(10, 4); epoch++) {
            for (Batch batch : train.epoch(epoch)) {
                try (var ignored = Scope.open("step")) {
                    optimizer.step(Autograd.gradients(loss.of(model.forward(batch.x()), batch.y())));
                }
            }
            settings.report("epoch %d: error %.4f", epoch, error(model, test));
        }
        double naive = error(new Lambda(hours -> hours.narrow(1, SEEN - DAY, DAY)), test);
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("error", error(model, test));
        figures.put("error of yesterday", naive);
        figures.put("ratio", figures.get("error") / naive);
        return figures;
    }

    /** Days with a morning and an evening peak, weaker at weekends, and weather that comes and goes within days. */
    private static float[] demand(int hours, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] series = new float[hours];
        double weather = 0;
        for (int hour = 0; hour < hours; hour++) {
            weather = 0.95 * weather + 0.2 * random.nextGaussian();
            double time = 2 * Math.PI * hour / DAY;
            double daily = -Math.cos(time) - 0.5 * Math.cos(2 * time - 1);
            double weekend = hour / DAY % 7 >= 5 ? 0.6 : 1;
            series[hour] = (float) (weekend * daily + weather + 0.1 * random.nextGaussian());
        }
        return series;
    }

    /** The past, x {@code [n, seen]}, and the day after it, y {@code [n, day]}, wholly within a part of the series. */
    private static DataLoader windows(float[] series, int from, int to, int every, long seed) {
        List<float[]> all = new ArrayList<>();
        for (int start = from; start + SEEN + DAY <= to; start += every) {
            all.add(Arrays.copyOfRange(series, start, start + SEEN + DAY));
        }
        try (var ignored = Scope.open("windows")) {
            Tensor both = Tensor.stack(0, all.stream().map(Tensor::of).toArray(Tensor[]::new));
            return new DataLoader(
                    new TensorDataset(
                            both.narrow(1, 0, SEEN).copy(),
                            both.narrow(1, SEEN, DAY).copy()),
                    32,
                    true,
                    seed);
        }
    }

    private static double error(Layer model, DataLoader test) {
        double sum = 0;
        long windows = 0;
        for (Batch batch : test.epoch(1)) {
            try (var ignored = Scope.open("test")) {
                Tensor forecast = Autograd.noGrad(() -> model.forward(batch.x()));
                sum += forecast.sub(batch.y()).abs().mean(1).sum().item();
                windows += batch.size();
            }
        }
        return sum / windows;
    }
}
