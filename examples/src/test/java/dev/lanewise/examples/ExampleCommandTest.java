package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.examples.page.Example;
import dev.lanewise.examples.page.Examples;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExampleCommandTest {
    @Test
    void allAreListed() {
        String list = Run.successful("example");
        assertThat(list.lines()).hasSize(Examples.all().size());
        for (Example example : Examples.all()) {
            assertThat(list).contains(example.id() + " ", example.shows());
        }
        assertThat(Run.successful("example", "--json").lines())
                .hasSize(Examples.all().size())
                .allMatch(line -> line.startsWith("{\"example\":\""));
    }

    @Test
    void figuresAreLinesOrOneObject() {
        String lines = Run.successful("example", "anomaly", "--quick", "--seed", "3");
        assertThat(lines).containsPattern("epoch 5: error [0-9.]+").containsPattern("(?m)^auc 0.[0-9]+$");
        assertThat(Run.successful("example", "anomaly", "--quick", "--seed", "3", "--json"))
                .hasLineCount(1)
                .startsWith("{\"example\":\"anomaly\",\"auc\":")
                // the same seed, the same figures
                .contains("\"false alarms\":" + falseAlarms(lines).replaceAll("0+$", ""));
    }

    private static String falseAlarms(String lines) {
        String name = "false alarms ";
        return lines.lines()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .orElseThrow()
                .substring(name.length());
    }

    @Test
    void anUnknownNameIsOneLine() {
        Run run = Run.of(List.of(), "example", "gan");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains("unknown example 'gan'", "dcgan, wgan-gp")
                .hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }
}
