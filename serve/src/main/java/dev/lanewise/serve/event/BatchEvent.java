package dev.lanewise.serve.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Requests that a model has computed together, for the JDK's Flight Recorder. */
@Name("dev.lanewise.Batch")
@Label("Batch")
@Category("Lanewise")
@Description("Requests that were computed together; of texts that are generated, a token of each")
@StackTrace(false)
public final class BatchEvent extends Event {
    @Label("Model")
    @Nullable
    String model;

    @Label("Requests")
    int requests;

    @Label("Rows")
    long rows;

    /** A batch that begins. */
    public BatchEvent() {
        begin();
    }

    /** Records a batch that has ended. */
    public void ended(String ofModel, int ofRequests, long ofRows) {
        end();
        if (shouldCommit()) {
            model = ofModel;
            requests = ofRequests;
            rows = ofRows;
            commit();
        }
    }
}
