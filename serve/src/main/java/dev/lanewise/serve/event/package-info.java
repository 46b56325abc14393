/** What the JDK's Flight Recorder is told of. */
@NullMarked
package dev.lanewise.serve.event;

import org.jspecify.annotations.NullMarked;
