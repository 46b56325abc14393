/**
 * Logs of training: tables ({@link dev.lanewise.nn.log.CsvLog}), lines of JSON
 * ({@link dev.lanewise.nn.log.JsonLinesLog}), TensorBoard's event files ({@link dev.lanewise.nn.log.TensorBoardLog})
 * and a picture of the curves ({@link dev.lanewise.nn.log.CurvesPng}). All are {@link dev.lanewise.nn.train.Callback}s.
 */
@NullMarked
package dev.lanewise.nn.log;

import org.jspecify.annotations.NullMarked;
