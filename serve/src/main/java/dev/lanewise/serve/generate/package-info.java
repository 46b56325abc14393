/** Texts that are generated for many clients at once, and requests for them in OpenAI's format. */
@NullMarked
package dev.lanewise.serve.generate;

import org.jspecify.annotations.NullMarked;
