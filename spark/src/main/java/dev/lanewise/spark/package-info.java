/**
 * Lanewise inside Apache Spark: {@link dev.lanewise.spark.SparkScoring} adds a model's results to the rows of a table.
 */
@NullMarked
package dev.lanewise.spark;

import org.jspecify.annotations.NullMarked;
