package usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields of users' layers whose parameters an optimizer would not see are reported when parameters are collected. */
@SuppressWarnings("UnusedVariable") // fields are read by reflection
class UnlistedFieldsTest {
    /** Keeps a layer and a parameter in fields, and registers what it is told to. */
    private static final class Own extends Layer {
        final Linear hidden;
        final Parameter scale;

        Own(Linear hidden, Parameter scale, boolean registers) {
            this.hidden = registers ? child("hidden", hidden) : hidden;
            this.scale = registers ? parameter("scale", scale) : scale;
        }

        @Override
        protected Tensor compute(Tensor x) {
            return hidden.forward(x).mul(scale.tensor());
        }
    }

    /** One more, as fields are reported once. */
    private static final class Teacher extends Layer {
        final Linear frozen;

        Teacher(Linear frozen) {
            this.frozen = frozen;
        }

        @Override
        protected Tensor compute(Tensor x) {
            return frozen.forward(x);
        }
    }

    /** What holds layers and parameters without being one. */
    private record Pair(Layer first, List<Layer> others) {}

    private static final class Holder {
        final Map<String, Optional<Parameter>> weights;

        Holder(Map<String, Optional<Parameter>> weights) {
            this.weights = weights;
        }
    }

    /** Keeps everything in something. */
    private static final class Containers extends Layer {
        final Linear[] array = {new Linear(2, 2)};
        final List<List<Layer>> lists = List.of(List.of(), List.of(new Linear(2, 2)));
        final Map<String, Linear> map = Map.of("a", new Linear(2, 2));
        final Optional<Layer> some = Optional.of(new Linear(2, 2));
        final Pair pair = new Pair(new ReLU(), List.of(new Linear(2, 2)));
        final Holder holder = new Holder(Map.of("w", Optional.of(one())));
        final Parameter[] weights = {one()};
        final Iterable<Parameter> iterable = List.of(one());
        final Object object = one();
        final List<Object> numbers = new ArrayList<>(List.of(1, "2"));
        final List<Containers> itself = List.of(this);
        final Linear registered = child("registered", new Linear(2, 2));
        final List<Layer> again = List.of(registered);
    }

    /** A field of an inner layer that leads back to the model, which is none of its parts. */
    private static final class Outer extends Layer {
        final Linear weight = child("weight", new Linear(2, 2));

        private final class Inner extends Layer {
            final Linear own = child("own", new Linear(2, 2));

            @Override
            protected Tensor compute(Tensor x) {
                return weight.forward(own.forward(x));
            }
        }

        final Inner inner = child("inner", new Inner());
    }

    /** One field for each way of collecting parameters. */
    private static class Tower extends Layer {
        final Linear tower = new Linear(2, 2);
    }

    private static final class First extends Tower {
        final Linear first = new Linear(2, 2);
    }

    private static final class Second extends Tower {
        final Linear second = new Linear(2, 2);
    }

    private static List<String> warnings(Runnable body) {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            private final SimpleFormatter text = new SimpleFormatter();

            @Override
            public void publish(LogRecord line) {
                if (line.getLevel().equals(Level.WARNING)) {
                    lines.add(text.formatMessage(line));
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("dev.lanewise.nn.UnlistedFields");
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            body.run();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        return lines;
    }

    private static Parameter one() {
        return new Parameter(Tensor.ones(1));
    }

    @Test
    void eachForgottenFieldIsReportedOnce() {
        assertThat(warnings(() -> new Own(new Linear(2, 2), one(), true).parameters()))
                .isEmpty();
        Own forgetful = new Own(new Linear(2, 2), one(), false);
        assertThat(warnings(forgetful::parameters))
                .hasSize(2)
                .anyMatch(line -> line.contains("layer Own: the field 'hidden' holds a Linear")
                        && line.contains("child(\"hidden\", ...)"))
                .anyMatch(line -> line.contains("the field 'scale' holds a Parameter")
                        && line.contains("parameter(\"scale\", ...)"));
        assertThat(warnings(forgetful::parameters)).isEmpty();
    }

    @Test
    void frozenLayersMayStayOutside() {
        Linear teacher = new Linear(2, 2);
        teacher.freeze(true);
        assertThat(warnings(() -> new Teacher(teacher).parameters())).isEmpty();
    }

    @Test
    void containersAndHoldersAreLookedInto() {
        List<String> lines = warnings(() -> new Containers().parameters());
        for (String field : List.of("array", "lists", "map", "some", "pair")) {
            assertThat(lines)
                    .anyMatch(line -> line.contains("layer Containers: the field '" + field + "' holds a Linear"));
        }
        for (String field : List.of("holder", "weights", "iterable", "object")) {
            assertThat(lines).anyMatch(line -> line.contains("the field '" + field + "' holds a Parameter"));
        }
        assertThat(lines).hasSize(9);
    }

    @Test
    void innerLayersLeadBackToTheModelWithoutAReport() {
        assertThat(warnings(() -> new Outer().inner.parameters())).isEmpty();
    }

    @Test
    void partsMayReferToWhatTheirModelHolds() {
        final class Tied extends Layer {
            final Linear other;

            Tied(Linear other) {
                this.other = other;
            }
        }
        final class Model extends Layer {
            final Linear embedding = child("embedding", new Linear(2, 2));
            final Tied head = child("head", new Tied(embedding));
        }
        Model model = new Model();
        assertThat(warnings(model::parameters)).isEmpty();
        assertThat(warnings(() -> model.apply(Layer::parameters))).isEmpty();
        assertThat(warnings(() -> new Tied(new Linear(2, 2)).parameters())).hasSize(1);
    }

    @Test
    void everyWayOfCollectingReports(@TempDir Path dir) {
        assertThat(warnings(() -> new Tower().namedParameters())).hasSize(1);
        assertThat(warnings(() -> new First().stateDict())).hasSize(2);
        assertThat(warnings(() -> Checkpoint.saveWeights(dir.resolve("empty.safetensors"), new Second())))
                .hasSize(2);
    }

    @Test
    void parametersUsedWithoutBeingRegisteredAreReportedOnce() {
        Parameter scale = new Parameter(Tensor.ones(3));
        Layer model = new Sequential(new Linear(3, 3), new Lambda(x -> x.mul(scale.tensor())));
        Tensor x = Tensor.ones(2, 3);
        scale.freeze(true);
        assertThat(warnings(() -> model.forward(x))).isEmpty();
        scale.freeze(false);
        assertThat(warnings(() -> Autograd.noGrad(() -> model.forward(x)))).isEmpty();
        // outside a layer's call it is the caller's own
        assertThat(warnings(() -> x.mul(scale.tensor()))).isEmpty();
        assertThat(warnings(() -> model.forward(x)))
                .singleElement()
                .asString()
                .startsWith("layer Sequential: a parameter F32[3] is used inside but not registered there");
        assertThat(warnings(() -> model.forward(x))).isEmpty();
    }

    @Test
    void parametersRegisteredDuringTheCallAndThoseOfAdaptationsAreNot() {
        final class Late extends Layer {
            final Linear first = child("first", new Linear(3, 3));

            @Override
            protected Tensor compute(Tensor x) {
                Tensor y = first.forward(x);
                return y.mul(parameter("scale", Tensor.ones(3)).tensor());
            }
        }
        assertThat(warnings(() -> new Late().forward(Tensor.ones(2, 3)))).isEmpty();
        Parameter scale = new Parameter(Tensor.ones(3));
        Linear adapted = new Linear(3, 3);
        adapted.adapt((layer, x, base) -> base.apply(x).mul(scale.tensor()));
        assertThat(warnings(() -> adapted.forward(Tensor.ones(2, 3)))).isEmpty();
    }
}
