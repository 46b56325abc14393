package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.conformance.OpDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code ops.md} is what the catalogue says; {@code -Dops.update=true} writes it. */
class OpsDocumentTest {
    private static final Path DOCUMENT = Path.of("ops.md");

    @Test
    void tableOfOperationsIsWhatTheCatalogueSays() throws IOException {
        String expected = OpDocument.markdown(Backends.of(Device.CPU), OpsDocumentTest::onCuda);
        if (Boolean.getBoolean("ops.update")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(DOCUMENT)
                .as("docs/ops.md is stale; write it with -Dops.update=true")
                .content()
                .isEqualTo(expected);
    }

    private static String onCuda(Op op) {
        if (op instanceof MatMul || op instanceof LinearProduct) {
            return "cuBLASLt";
        }
        if (op instanceof Convolution2d
                || op instanceof Convolution2dRelu
                || op instanceof Convolution2dInputGrad
                || op instanceof Convolution2dWeightGrad) {
            return "cuDNN";
        }
        if (op instanceof Recurrence || op instanceof RecurrenceGrad) {
            return "cuDNN";
        }
        if (op instanceof QuantizedProduct || op instanceof IntegerProduct || op instanceof DynamicQuantize) {
            return "composed";
        }
        if (op instanceof Linalg) {
            return op == Linalg.CHOLESKY || op == Linalg.SVD ? "host" : "cuBLAS";
        }
        return "kernel";
    }
}
