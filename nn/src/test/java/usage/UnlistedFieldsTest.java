package usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;

/** Fields of users' layers whose parameters an optimizer would not see are reported when parameters are collected. */
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
}
