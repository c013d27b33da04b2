package dev.kinglet.example.spring;

import dev.kinglet.image.ImageException;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** Example 9: a Spring Boot application that classifies uploads. Its model and limits are in application.properties. */
@SpringBootApplication
@RestController
public class ClassifyUploads {
    private final Classifier classifier;
    private final Semaphore places;

    ClassifyUploads(Classifier classifier, @Value("${uploads.at-once}") int places) {
        this.classifier = classifier;
        this.places = new Semaphore(places);
    }

    public static void main(String[] args) {
        SpringApplication.run(ClassifyUploads.class, args);
    }

    @PostMapping("/classify")
    List<LabeledScore> classify(@RequestParam MultipartFile image) throws IOException {
        if (!places.tryAcquire()) {
            throw new IllegalStateException("busy with other images; try again");
        }
        try {
            return classifier.classify(image.getBytes());
        } finally {
            places.release();
        }
    }

    @ExceptionHandler
    ProblemDetail noImage(ImageException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }

    @ExceptionHandler
    ProblemDetail noAnswer(IllegalStateException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    }
}
