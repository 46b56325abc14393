package dev.lanewise.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.MLReader;

/** Loads what {@link StageWriter} saved. */
final class StageReader extends MLReader<LanewiseModel> {
    /** Spark's own reader of parameters, which has no other public name. */
    private static final class Parameters implements DefaultParamsReadable<LanewiseModel> {}

    @Override
    public LanewiseModel load(String path) {
        LanewiseModel stage = new Parameters().read().session(sparkSession()).load(path);
        try {
            Path file = new Path(path, StageWriter.FILE);
            FileSystem files = file.getFileSystem(sparkSession().sparkContext().hadoopConfiguration());
            try (var in = files.open(file)) {
                stage.setModel(ScoringModel.onnx(in.readAllBytes()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("spark: no stage can be loaded from " + path + ": " + e.getMessage(), e);
        }
        return stage;
    }
}
