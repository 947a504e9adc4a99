use super::*;
use crate::query::Question;

fn options(after: u64) -> ReadOptions {
    let wait = Wait { after: Index(after), at_most: Duration::from_secs(60) };
    ReadOptions { wait: Some(wait), ..ReadOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn who_blocks_on_the_same_thing_shares_one_evaluation() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let blocked: Vec<_> = (0..100)
        .map(|_| {
            let registry = running.registry.clone();
            tokio::spawn(async move { registry.ask(&Question::keys_under(""), options(1)).await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    running.registry.submit(put("a", "2")).await.unwrap();
    let mut answers = Vec::new();
    for blocked in blocked {
        answers.push(blocked.await.unwrap());
    }
    assert_eq!(answers[0].index, Index(2));
    assert!(answers.iter().all(|answer| Arc::ptr_eq(answer, &answers[0])));
    running.stop().await;
}

#[tokio::test]
async fn an_answer_is_shared_until_something_changes_and_by_the_same_question_only() {
    let running = Running::new().await;
    let ask = async |question: Question<Vec<Arc<str>>>| {
        running.registry.ask(&question, ReadOptions::default()).await.unwrap()
    };
    running.registry.submit(put("p/a", "1")).await.unwrap();
    let first = ask(Question::key_names_under("p/", "/")).await;
    assert!(Arc::ptr_eq(&first, &ask(Question::key_names_under("p/", "/")).await));
    assert!(!Arc::ptr_eq(&first, &ask(Question::key_names_under("p/", "")).await));
    assert_eq!(ask(Question::key_names_under("", "/")).await.value, [Arc::from("p/")]);
    running.registry.submit(put("p/b", "1")).await.unwrap();
    let second = ask(Question::key_names_under("p/", "/")).await;
    assert_eq!((first.value.len(), second.value.len()), (1, 2));
    running.stop().await;
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_let_go() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let ask =
        async |prefix: &str| running.registry.ask(&Question::keys_under(prefix), ReadOptions::default()).await.unwrap();
    let weak = Arc::downgrade(&ask("a").await);
    for number in 0..600 {
        ask(&format!("other{number}")).await;
    }
    assert!(weak.upgrade().is_none());
    running.stop().await;
}
