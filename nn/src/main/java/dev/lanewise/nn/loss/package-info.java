/** Losses: functions of predictions and targets that training minimizes. */
@NullMarked
package dev.lanewise.nn.loss;

import org.jspecify.annotations.NullMarked;
