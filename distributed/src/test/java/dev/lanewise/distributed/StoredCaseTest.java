package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What PyTorch computed for one, two and four ranks (part H of the reference data for language models). */
@Timeout(300)
final class StoredCaseTest {
    private static final Path FILE =
            Path.of("..", "..", "shared", "lm", "cases", "parallel", "data_parallel.safetensors");

    private static Map<String, Tensor> stored() {

        assumeTrue(Files.exists(FILE), () -> "the stored case is not there: " + FILE);
        Map<String, Tensor> tensors = new HashMap<>();
        try (SafetensorsFile stored = Safetensors.open(FILE)) {
            stored.names().forEach(name -> tensors.put(name, stored.entry(name).toTensor()));
        }
        return tensors;
    }

    private static Layer model(Map<String, Tensor> stored) {
        List<Layer> linear = new ArrayList<>();
        Map<String, Tensor> start = new HashMap<>();
        for (int place : new int[] {0, 2, 4}) {
            Tensor weight = stored.get("init/" + place + ".weight");
            linear.add(new Linear(weight.shape().size(1), weight.shape().size(0)));
            start.put(place + ".weight", weight);
            start.put(place + ".bias", stored.get("init/" + place + ".bias"));
        }
        Layer model = new Sequential(linear.get(0), new ReLU(), linear.get(1), Activation.tanh(), linear.get(2));
        model.loadStateDict(start);
        return model;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void equalsWhatWasStored(int ranks) throws Exception {
        Map<String, Tensor> stored = stored();
        int batch = Math.toIntExact(stored.get("x").shape().size(1));
        var data = new DataLoader(
                new TensorDataset(stored.get("x").flatten(0, 1), stored.get("y").flatten(0, 1)), batch, false, 0);
        Ranks.run(ranks, ring -> {
            Layer model = model(stored);
            List<Double> losses = new ArrayList<>();
            Callback log = new Callback() {
                @Override
                public void onStep(Training training, StepFigures figures) {
                    losses.add(figures.loss());
                }
            };
            var optimizer = new Sgd(model.parameters(), 0.05, Sgd.Options.momentum(0.9));
            DataParallel.wrap(new Trainer(model, new CrossEntropyLoss(), optimizer).callbacks(log), ring)
                    .fit(data, 1);
            double[] expected = stored.get("loss/" + ranks).toDoubleArray();
            assertThat(losses.stream().mapToDouble(Double::doubleValue).toArray())
                    .containsExactly(expected, within(1e-6));
            model.stateDict()
                    .forEach((name, tensor) -> assertThat(tensor.flatten().toFloatArray())
                            .as(name)
                            .containsExactly(
                                    stored.get("final/" + name).flatten().toFloatArray(), within(1e-6f)));
            return true;
        });
    }
}
