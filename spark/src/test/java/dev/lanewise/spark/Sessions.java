package dev.lanewise.spark;

import org.apache.spark.sql.SparkSession;

/** Spark for tests. */
final class Sessions {
    private Sessions() {}

    /** In this process. */
    static SparkSession local(int threads) {
        return builder("local[" + threads + "]").getOrCreate();
    }

    static SparkSession.Builder builder(String master) {
        return SparkSession.builder()
                .master(master)
                .appName("lanewise")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.sql.session.timeZone", "UTC");
    }
}
