package dev.lanewise.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.MLWriter;

/** Saves a stage: its parameters as Spark does, its model as an ONNX file in the same folder. */
final class StageWriter extends MLWriter {
    static final String FILE = "model.onnx";

    private final LanewiseModel stage;
    private final MLWriter parameters;

    StageWriter(LanewiseModel stage, MLWriter parameters) {
        this.stage = stage;
        this.parameters = parameters;
    }

    /** Whether the folder may exist has been decided before. */
    @Override
    public void saveImpl(String path) {
        byte[] bytes = stage.model().toBytes();
        try {
            parameters.overwrite().session(sparkSession()).save(path);
            Path file = new Path(path, FILE);
            FileSystem files = file.getFileSystem(sparkSession().sparkContext().hadoopConfiguration());
            try (var out = files.create(file, false)) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("spark: the stage can't be saved to " + path + ": " + e.getMessage(), e);
        }
    }
}
