/*
 * A queue between threads: any number of producers, one consumer, in order.
 * It knows no event loop: the producer wakes the consumer itself (ev_async).
 */
#pragma once

#include <pthread.h>

struct queue_node {
    struct queue_node *next;
};

struct queue {
    pthread_mutex_t lock;
    struct queue_node *head;
    struct queue_node **tail;
};

void queue_init(struct queue *q);
/* The queue must be empty. */
void queue_release(struct queue *q);
void queue_push(struct queue *q, struct queue_node *node);
/* The oldest node, or NULL. */
struct queue_node *queue_pop(struct queue *q);
