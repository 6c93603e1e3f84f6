/* The queue between threads; see queue.h. */
#include "base/queue.h"

#include <assert.h>
#include <stddef.h>

void queue_init(struct queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    q->head = NULL;
    q->tail = &q->head;
}

void queue_release(struct queue *q)
{
    assert(!q->head);
    pthread_mutex_destroy(&q->lock);
}

void queue_push(struct queue *q, struct queue_node *node)
{
    node->next = NULL;
    pthread_mutex_lock(&q->lock);
    *q->tail = node;
    q->tail = &node->next;
    pthread_mutex_unlock(&q->lock);
}

struct queue_node *queue_pop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct queue_node *node = q->head;
    if (node) {
        q->head = node->next;
        if (!q->head)
            q->tail = &q->head;
    }
    pthread_mutex_unlock(&q->lock);
    return node;
}
