/** Losses: functions of predictions and targets that training makes small. */
@NullMarked
package dev.lanewise.nn.loss;

import org.jspecify.annotations.NullMarked;
