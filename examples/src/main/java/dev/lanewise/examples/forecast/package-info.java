/** Examples of forecasting time series. */
@NullMarked
package dev.lanewise.examples.forecast;

import org.jspecify.annotations.NullMarked;
