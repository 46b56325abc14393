/**
 * Measures of predictions: for classes {@link dev.lanewise.nn.metrics.ConfusionMatrix}, top-k accuracy and the area
 * under the ROC curve; for numbers {@link dev.lanewise.nn.metrics.RegressionMetrics}. Values agree with scikit-learn's.
 */
@NullMarked
package dev.lanewise.nn.metrics;

import org.jspecify.annotations.NullMarked;
