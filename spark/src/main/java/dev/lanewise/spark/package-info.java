/**
 * Lanewise inside Apache Spark: {@link dev.lanewise.spark.SparkScoring} adds a model's results to the rows of a table,
 * {@link dev.lanewise.spark.LanewiseModel} does so as a stage of Spark ML's pipelines, and {@link
 * dev.lanewise.spark.SparkTraining} trains on Spark's executors.
 */
@NullMarked
package dev.lanewise.spark;

import org.jspecify.annotations.NullMarked;
