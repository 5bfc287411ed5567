//! The questions of the test (GRD-8): the usual ones, what the platform may set in their place, and the drawing.
//!
//! Chance comes from outside, as bytes.

use super::conduct::Question;
use crate::domain::diversion::check::{Fault, repeated};
use crate::limits;

/// Everything that is wrong with a bank; an empty one stands for the usual questions.
pub fn faults(bank: &[Question]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |field: String, problem: String| {
        if faults.len() < limits::FAULTS_MAX {
            faults.push(Fault { field, problem });
        }
    };
    let (least, most) = (limits::TEST_QUESTIONS, limits::QUESTIONS_MAX);
    if !bank.is_empty() && !(least..=most).contains(&bank.len()) {
        add("questions".into(), format!("{}; {least} to {most}, or none for the usual ones", bank.len()));
    }
    let chars = limits::QUESTION_CHARS_MAX;
    let fine = |text: &str| !text.trim().is_empty() && text.chars().nth(chars).is_none();
    let bank = &bank[..bank.len().min(most)];
    for (at, question) in bank.iter().enumerate() {
        let path = format!("questions[{at}]");
        if !fine(&question.text) {
            add(format!("{path}.text"), format!("1 to {chars} characters"));
        }
        let answers = &question.answers;
        if !(2..=limits::QUESTION_ANSWERS_MAX).contains(&answers.len()) {
            add(format!("{path}.answers"), format!("{}; 2 to {}", answers.len(), limits::QUESTION_ANSWERS_MAX));
            continue;
        }
        for (no, _) in answers.iter().enumerate().filter(|(_, answer)| !fine(answer)) {
            add(format!("{path}.answers[{no}]"), format!("1 to {chars} characters"));
        }
        for no in repeated(answers.iter().map(|answer| answer.trim())) {
            add(format!("{path}.answers[{no}]"), "this answer stands above already".into());
        }
        if usize::from(question.right) >= answers.len() {
            add(format!("{path}.right"), format!("0 to {}: the place of the right answer", answers.len() - 1));
        }
    }
    for at in repeated(bank.iter().map(|question| question.text.trim())) {
        add(format!("questions[{at}].text"), "this question stands above already".into());
    }
    faults
}

/// Draws a test out of a bank, its answers in a new order. Empty: out of the usual questions. `random`: at least 128 bytes for an even
/// draw of the usual size; fewer are used again.
pub fn draw(bank: &[Question], random: &[u8]) -> Vec<Question> {
    let mut bank = if bank.is_empty() { usual() } else { bank.to_vec() };
    let mut chance = random.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).cycle();
    let mut below = |n: usize| usize::from(chance.next().unwrap_or(0)) % n.max(1);
    let asked = bank.len().min(limits::TEST_QUESTIONS);
    for at in 0..asked {
        let other = at + below(bank.len() - at);
        bank.swap(at, other);
    }
    bank.truncate(asked);
    for question in &mut bank {
        for at in (1..question.answers.len()).rev() {
            let other = below(at + 1);
            question.answers.swap(at, other);
            question.right = match usize::from(question.right) {
                right if right == at => other as u8,
                right if right == other => at as u8,
                _ => question.right,
            };
        }
    }
    bank
}

/// The usual questions, about these very rules; the first answer is the right one before it is drawn.
pub fn usual() -> Vec<Question> {
    let question = |(text, answers): &(&str, [&str; 3])| Question {
        text: (*text).to_owned(),
        answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
        right: 0,
    };
    USUAL.iter().map(question).collect()
}

const USUAL: [(&str, [&str; 3]); 20] = [
    (
        "买家没有来咨询,可以主动给买家发消息吗? May you write first to a buyer who has not written?",
        [
            "不可以,只有买家能开始会话。No; only the buyer begins a conversation.",
            "大促期间可以。Yes, during a sale.",
            "买过东西就可以。Yes, if the buyer has bought before.",
        ],
    ),
    (
        "会话结束后想补充一句,应该怎么做? The reception is closed and you want to add a word. What do you do?",
        [
            "等买家再次来咨询。Wait until the buyer writes again.",
            "用批量发送。Send it as a batch.",
            "换一个账号发送。Send it from another account.",
        ],
    ),
    (
        "消息里含有禁用语会怎样? What happens to a message with a banned word?",
        [
            "整条不发送,并提示是哪个词。All of it is refused, and you are shown the word.",
            "只去掉那个词再发送。It is sent without that word.",
            "照常发送。It is sent as it is.",
        ],
    ),
    (
        "把禁用语拆开、加空格或换成拼音再发,可以吗? May you send a banned word with spaces between, or spelled in pinyin?",
        [
            "不可以,仍属违规。No; it is the same violation.",
            "可以,系统认不出。Yes; nobody recognises it.",
            "加表情就可以。Yes, with an emoji.",
        ],
    ),
    (
        "买家索要你的微信号,应该怎么做? A buyer asks for your WeChat. What do you do?",
        [
            "说明只能在平台内沟通。Say that you may only talk here.",
            "分开几条发送号码。Send the number in several messages.",
            "发一张二维码图片。Send it as a picture.",
        ],
    ),
    (
        "可以请买家到别的平台下单吗? May you ask a buyer to order on another platform?",
        ["不可以。No.", "价格更低时可以。Yes, if it is cheaper there.", "买家同意就可以。Yes, if the buyer agrees."],
    ),
    (
        "什么样的网址可以发给买家? Which web addresses may be sent to a buyer?",
        [
            "允许名单里的网址。Those on the allow list.",
            "任何短链接。Any short link.",
            "自己网店的任何网址。Any address of a shop of one's own.",
        ],
    ),
    (
        "快捷短语和模板里可以写联系方式吗? May a quick phrase or a template hold a contact?",
        ["不可以,一律拒绝。No, never.", "主管同意就可以。Yes, if the supervisor agrees.", "只写电话可以。Yes, a telephone number only."],
    ),
    (
        "什么时候可以说“全网最低价”? When may you say \"全网最低价\" (the lowest price anywhere)?",
        ["有报备,且在报备的时间内。With an approval, within its time.", "价格确实最低时。When it is true.", "任何时候。At any time."],
    ),
    (
        "活动报备过期了,营销用语还能用吗? The approval of a campaign has ended. May its phrases still be used?",
        [
            "不能,需要重新报备。No; a new approval is needed.",
            "能,再用一周。Yes, for another week.",
            "能,只要库存还在。Yes, while stocks last.",
        ],
    ),
    (
        "同一地址一小时内向五位没有来咨询的买家发优惠券,算什么? Coupons go from one address to five buyers who had not written, within an hour. What is that?",
        [
            "违规,没发出去的也算。A violation, attempts included.",
            "正常营销。Ordinary marketing.",
            "发成功才算违规。A violation only where they arrived.",
        ],
    ),
    (
        "用外挂软件自动回复买家,可以吗? May a program of your own answer buyers through your account?",
        [
            "不可以,会被识别为自动发送。No; it is found as automatic sending.",
            "可以,能提高效率。Yes; it saves time.",
            "夜间可以。Yes, at night.",
        ],
    ),
    (
        "下面哪一种会被看作自动发送? Which of these looks like automatic sending?",
        [
            "间隔几乎相同地连续发消息。Message after message at nearly equal intervals.",
            "认真回答每个问题。Answering each question with care.",
            "使用店铺的快捷短语。Using the shop's quick phrases.",
        ],
    ),
    (
        "把同样的长句子发给几十位买家,会怎样? You send the same long sentence to dozens of buyers. What follows?",
        ["会被标记并留下证据。It is flagged, with the evidence.", "什么也不会发生。Nothing.", "系统会自动改写。It is rewritten by itself."],
    ),
    (
        "第一次违规后,账号会怎样? What follows a first violation, as the rules usually are?",
        [
            "警告,冻结发送,并须通过考试。A warning, a freeze, and the test to be passed.",
            "账号关闭。The account is closed.",
            "没有任何影响。Nothing.",
        ],
    ),
    ("考试要多少分才算通过? How many points pass the test?", ["100 分。100.", "60 分。60.", "80 分。80."]),
    (
        "第二次违规后,怎样才能恢复发送? How does an account come to send again after a second violation, as the rules usually are?",
        [
            "提交承诺书,并由平台审核。By an undertaking that the platform reviews.",
            "等 24 小时。By waiting 24 hours.",
            "换一个设备登录。By another device.",
        ],
    ),
    (
        "账号被冻结期间,买家发来的消息会怎样? What becomes of buyers' messages while the account is frozen?",
        [
            "照常收到并保存,只是不能回复。They are received and kept; only sending stops.",
            "全部删除。They are deleted.",
            "退回给买家。They are sent back.",
        ],
    ),
    (
        "恢复发送后的一段时间里,有什么限制? What holds for a time after the account may send again?",
        ["每分钟能发的消息有限。So many messages a minute, and no more.", "只能发图片。Pictures only.", "没有限制。Nothing."],
    ),
    (
        "第三次违规后可以申诉吗? Is there an appeal after a third violation, as the rules usually are?",
        [
            "不可以,账号永久关闭。No; the account is closed for good.",
            "可以,一周后。Yes, after a week.",
            "可以,由店铺主账号决定。Yes; the shop's owner decides.",
        ],
    ),
];
