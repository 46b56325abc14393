package dev.lanewise.serve.generate;

/** Is told of what a lane generates. */
public interface GenerationObserver {
    /** Takes no notice. */
    GenerationObserver NONE = new GenerationObserver() {
        @Override
        public void began(long queueNanos) {
            // nobody counts
        }

        @Override
        public void stepped(int sequences, long nanos) {
            // nobody counts
        }

        @Override
        public void ended(int promptTokens, int newTokens) {
            // nobody counts
        }
    };

    /** A text has begun, after so long in the queue. */
    void began(long queueNanos);

    /**
     * Texts have got their next tokens.
     *
     * @param sequences how many texts
     * @param nanos how long it took
     */
    void stepped(int sequences, long nanos);

    /** A text has ended, whether it is complete or nobody waited for it. */
    void ended(int promptTokens, int newTokens);
}
