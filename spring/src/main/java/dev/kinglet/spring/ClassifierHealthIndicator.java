package dev.kinglet.spring;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Health of one classifier. UP: it is open, and its last call did not fail for a reason of its own. DOWN: it could not be
 * opened, or its last call failed, as with damaged weights, or it is closed. UNKNOWN: it is lazy and not opened yet. A check
 * runs no image, because under load it would wait for a session and be late exactly then; only after a failure it runs one,
 * because without traffic nothing else would find that it is over.
 */
final class ClassifierHealthIndicator implements HealthIndicator {
    private final ManagedClassifier classifier;

    ClassifierHealthIndicator(ManagedClassifier classifier) {
        this.classifier = classifier;
    }

    @Override
    public Health health() {
        if (classifier.condition() == ManagedClassifier.Condition.FAILING) {
            classifier.probe();
        }
        ManagedClassifier.Condition condition = classifier.condition();
        Health.Builder health = switch (condition) {
            case ANSWERING -> Health.up();
            case NOT_OPENED -> Health.unknown().withDetail("reason", "lazy, and not used yet");
            case REFUSED, FAILING -> Health.down();
            case CLOSED -> Health.down().withDetail("reason", "closed");
        };
        health.withDetail("path", classifier.location());
        classifier.reason().ifPresent(reason -> health.withDetail("error", String.valueOf(reason.getMessage())));
        if (condition == ManagedClassifier.Condition.ANSWERING || condition == ManagedClassifier.Condition.FAILING) {
            health.withDetail("network", classifier.card().model())
                    .withDetail("classes", classifier.labels().size());
        }
        return health.build();
    }
}
