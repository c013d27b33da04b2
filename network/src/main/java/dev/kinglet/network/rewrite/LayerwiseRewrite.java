package dev.kinglet.network.rewrite;

import dev.kinglet.network.Model;

/** A rewrite that lists its changes layer by layer; the rest of the model is copied as it is. */
interface LayerwiseRewrite extends Rewrite {
    /**
     * Lists the changes.
     *
     * @param model the source, all of which may be looked at
     * @param changes takes them; empty as it is given
     */
    void plan(Model model, Changes changes);

    @Override
    default Model apply(Model model) {
        Changes changes = new Changes();
        plan(model, changes);
        return changes.applyTo(model);
    }
}
