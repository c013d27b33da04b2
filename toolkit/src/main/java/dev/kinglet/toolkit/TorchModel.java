package dev.kinglet.toolkit;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.torch.TorchScorer;

/** A trained model that libtorch runs. */
record TorchModel(Card card, TorchScorer scorer) implements TrainedModel {
    @Override
    public int classes() {
        return scorer.classes();
    }

    @Override
    public float[] logits(Batch batch) {
        return scorer.logits(batch);
    }

    @Override
    public float[] logits(float[] images, int count) {
        return scorer.logits(images, count);
    }

    @Override
    public int features() {
        return scorer.features();
    }

    @Override
    public float[] embeddings(Batch batch) {
        return scorer.embeddings(batch);
    }

    @Override
    public String runtime() {
        return "libtorch";
    }

    @Override
    public void close() {
        scorer.close();
    }
}
