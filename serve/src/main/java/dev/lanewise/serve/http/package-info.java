/** What every request over HTTP passes, whatever it asks for: token, trace, bounds of bodies and memory, refusals. */
@NullMarked
package dev.lanewise.serve.http;

import org.jspecify.annotations.NullMarked;
