package dev.lanewise.lm.cases;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.lm.cases.LmCases.Status;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stored cases of recommenders are computed and compared. */
class RecommenderCasesTest {
    @TempDir
    Path folder;

    private Map<String, Status> run(Map<String, TensorData> tensors, String cases) throws IOException {
        Path part = Files.createDirectories(folder.resolve("recommenders"));
        Safetensors.write(part.resolve("own.safetensors"), tensors, Map.of("cases", cases));
        Map<String, Status> all = new HashMap<>();
        LmCases.run(folder, "recommenders", result -> all.put(result.id(), result.status()));
        return all;
    }

    @Test
    void aStepOfRowsIsCompared() throws IOException {
        String cases = """
                [{"id":"sparse_adagrad/000","op":"sparse_adagrad","attrs":{"lr":0.5,"eps":0,"initial_accumulator_value":3},
                "rtol":1e-6,"atol":0}]""";
        Map<String, TensorData> tensors = new HashMap<>();
        tensors.put("sparse_adagrad/000/in/table", TensorData.of(Tensor.of(new float[] {1, 2, 3}, 3, 1)));
        tensors.put("sparse_adagrad/000/in/index", TensorData.of(Tensor.of(new long[] {2, 2}, 1, 2)));
        tensors.put("sparse_adagrad/000/in/gout", TensorData.of(Tensor.of(new float[] {0.75f, 0.25f}, 1, 2, 1)));
        // the gradients of a row add up to 1, and its sum of squares to 3 + 1
        tensors.put("sparse_adagrad/000/out/out", TensorData.of(Tensor.of(new float[] {1, 2, 2.75f}, 1, 3, 1)));
        String id = "recommenders/own/sparse_adagrad/000/out";
        assertThat(run(tensors, cases)).containsExactly(Map.entry(id, Status.PASSED));
        tensors.put("sparse_adagrad/000/out/out", TensorData.of(Tensor.of(new float[] {1, 2, 2.8f}, 1, 3, 1)));
        assertThat(run(tensors, cases)).containsExactly(Map.entry(id, Status.FAILED));
    }

    @Test
    void rankingsAreMeasured() throws IOException {
        String cases = """
                [{"id":"leave_one_out/000","op":"leave_one_out","attrs":{"k":2},"rtol":1e-6,"atol":0}]""";
        Map<String, TensorData> tensors = new HashMap<>();
        String in = "leave_one_out/000/in/";
        String out = "leave_one_out/000/out/";
        tensors.put(in + "scores", TensorData.of(Tensor.of(new float[] {3, 2, 1, 3, 2, 1}, 2, 3)));
        tensors.put(in + "item", TensorData.of(Tensor.of(new long[] {0, 2})));
        tensors.put(out + "hit", TensorData.of(Tensor.of(1f, 0f)));
        tensors.put(out + "ndcg", TensorData.of(Tensor.of(1f, 0f)));
        tensors.put(out + "mrr", TensorData.of(Tensor.of(1f, 0f)));
        tensors.put(out + "rank", TensorData.of(Tensor.of(new long[] {0, 2})));
        tensors.put(out + "hit_rate", TensorData.of(Tensor.scalar(0.5)));
        tensors.put(out + "mean_ndcg", TensorData.of(Tensor.scalar(0.5)));
        tensors.put(out + "mean_mrr", TensorData.of(Tensor.scalar(0.5)));
        assertThat(run(tensors, cases))
                .hasSize(7)
                .allSatisfy((id, status) -> assertThat(status).as(id).isEqualTo(Status.PASSED));
        tensors.put(out + "mrr", TensorData.of(Tensor.of(1f, 0.5f)));
        assertThat(run(tensors, cases)).containsEntry("recommenders/own/leave_one_out/000/mrr", Status.FAILED);
    }
}
