//! Honest sentences with numbers, codes and names in them, as agents write them every day. No contact in any.

use crate::support::dice::Dice;
use crate::tally::Case;

const SENTENCES: [(&str, &[&str]); 12] = [
    (
        "order numbers",
        &[
            "您的订单号是{d19}，已经为您加急",
            "订单{d18}已发货，请注意查收",
            "亲，订单编号：{d16}，麻烦核对一下",
            "Your order {d3}-{d7}-{d7} has shipped.",
            "Order #{d10} was placed yesterday",
            "I have located order ID {d3}-{d6}-{d6}.",
            "order no. {m}",
            "订单号{m}的退款已到账",
            "Regarding order {d4} {d4} {d4}, we refunded it.",
            "单号 {d13} 这边查到了",
            "Your order number is {d10}, please keep it.",
            "工单{d8}已提交",
            "请问订单尾号{d4}的这单是您的吗",
        ],
    ),
    (
        "tracking numbers",
        &[
            "顺丰单号SF{d13}，预计明天到",
            "快递单号：{d15}",
            "运单号YT{d13}已揽收",
            "Tracking number: 1Z{d3}E{d10}",
            "The parcel {L}{L}{d9}CN left the warehouse.",
            "中通{d14}",
            "圆通快递YT{d12}正在派送",
            "Tracking no {d4} {d4} {d4} {d2}",
            "物流单号{d12}，您可以在快递官网查",
            "UPS tracking 1Z999AA1{d10}",
            "取件码{d1}-{d1}-{d4}",
            "京东快递JDVA{d11}",
        ],
    ),
    (
        "sizes",
        &[
            "尺码 165/88A，胸围 88-92，腰围 70-74 cm",
            "这款包包尺寸是{d2}*{d2}*{d2}cm",
            "S码适合{d2}-{d2}斤，M码适合100-115斤",
            "鞋码36 37 38 39 40都有货",
            "Dimensions: {d3} x {d3} x {d2} mm",
            "身高{h}体重{w}建议穿L",
            "裤长{d2}，腰围{d2}，臀围{d2}，大腿围{d2}",
            "It fits a waist of 28-30 inches.",
            "床单{d1}.{d1}米*2.0米",
            "屏幕15.6寸 1920*1080",
            "尺码表：S 155-160 M 160-165 L 165-170 XL 170-175",
            "US 8.5, EU 39, UK 6.5",
        ],
    ),
    (
        "prices",
        &[
            "原价{d3}.00元，券后{d2}.90元",
            "满300减50，100+20更划算",
            "一共¥{d4}.50",
            "The total is ${d3}.{d2} including tax",
            "Rs. {d5} will be refunded",
            "{d4}元全包，送运费险",
            "退款金额{d3}.{d2}元已原路退回",
            "The price dropped from $1,{d3}.00 to ${d3}.99",
            "买2件8.5折，3件7.9折",
            "运费{d1}元，满99包邮",
            "₹{d5} was debited on your card",
            "199 299 399三档可选",
            "定金{d3}元，尾款{d4}元，合计{d5}元",
            "1688元全包",
        ],
    ),
    (
        "dates and times",
        &[
            "2026-03-29 10:00 到 2026-04-01 18:00",
            "周一至周五 9:00-18:00，周末10:00-17:00",
            "预计{M}月{D}日{H}:30前送达",
            "It arrives on {M}/{D}/2026 between 9 and 12",
            "生产日期20260315，保质期12个月",
            "发货时间：2026.{M}.{D} {H}:15:32",
            "We ship Mon-Fri 9am-5pm EST",
            "国庆10月1日到7日放假，8日起按顺序发货",
            "Delivery is expected on 2026-{M}-{D}.",
            "48小时内发货，3-5天到",
            "batch 20260{M}{D}",
            "营业时间：午餐11:00-14:00晚餐17:00-21:00",
            "活动时间 2026/11/01 00:00:00 - 2026/11/11 23:59:59",
        ],
    ),
    (
        "models and versions",
        &[
            "这款是iPhone 15 Pro Max 256GB",
            "型号：HX-{d5}，兼容Type-C",
            "Please update to version {d1}.{d1}.{d1}",
            "小米14 Ultra 16+512",
            "充电宝20000mAh 22.5W",
            "Model number WH-1000XM5",
            "华为Mate 60 Pro 12+512",
            "支持5G，电池5000mAh，屏幕120Hz",
            "The VX-{d4} battery lasts 8 hours",
            "WX{d3}滤芯和它通用",
            "The SKU is AB-{d6}",
            "货号{d9}还有现货",
            "USB 3.2 Gen 2, HDMI 2.1, e.g. for 4K",
            "Samsung Galaxy M34 5G, i.e. the blue one",
            "条码69{d11}",
            "ISBN 978-7-121-{d5}-0",
            "This phone model is SM-G{d3}B/DS",
            "ins风的裙子，V领设计",
            "京东方屏幕，色彩很好",
        ],
    ),
    (
        "amounts and counts",
        &[
            "库存{d5}件",
            "已售10000+，好评率99.8%",
            "一箱{d2}包，一包{d2}片",
            "You will get 3 x 500 ml bottles",
            "一二三档风速可调",
            "净含量{d3}g，热量{d4}kJ",
            "We have 120 in stock and 300 on the way",
            "第一第二件半价",
            "买三送一，买五送二",
            "二零二六年新款",
            "one or two days, three at most",
            "四五六七八号都可以发",
            "1:1比例，3:2也行",
            "含棉65%，涤纶35%",
            "积分{d6}可抵{d2}元",
            "一共十二件，二十三号发",
        ],
    ),
    (
        "postcodes and references",
        &[
            "邮编{d6}，地址是文三路{d3}号",
            "Bank reference number {d12}",
            "ticket #{d8} is open",
            "The ZIP code is {d5}",
            "您的参考号为{d12}",
            "发票号{d8}已开",
            "Transaction ID {d16} failed",
            "税号91310000MA1{d2}ABC",
            "The refund reference is REF{d10}",
            "会员号{d8}",
            "ARN {d20}{d3}",
            "地址：朝阳区建国路88号院{d1}号楼{d4}室",
            "流水号{d18}",
            "UTR {d12} was shared by the bank",
            "Your case number is {d10}. We answer within a day.",
            "快递柜在{d1}栋，取件码{d6}",
        ],
    ),
    (
        "payment and carriers",
        &[
            "支持微信支付和支付宝",
            "微信付款后截图发过来即可",
            "京东快递包邮，不用自己取",
            "WeChat Pay and cards are welcome.",
            "您可以用微信或支付宝付款",
            "退款会原路退回您的微信零钱",
            "We accept Amazon Pay, PayPal and Visa.",
            "支付宝付款还有红包",
            "京东物流明天到",
            "可以用抖音支付，也可以用银联",
            "花呗分期免息，微信分付也行",
            "The refund goes to your Google Pay account.",
            "顺丰、中通、圆通随机发",
            "微信支付的手续费我们承担",
            "You paid with Apple Pay, so it takes 3 days",
            "用微信扫码支付就可以",
            "DHL Express, 4-6 days",
        ],
    ),
    (
        "no contacts given",
        &[
            "请提供收货手机号",
            "麻烦说下您的电话尾号",
            "快递员会打电话联系您",
            "为了您的安全，请勿加微信交易",
            "我们不能加微信，请在平台沟通哦",
            "Sorry, we cannot receive images via WhatsApp.",
            "Please confirm the phone number on your account.",
            "客服不会索要验证码和密码",
            "The courier will call you before delivery",
            "电话打不通，快递已放驿站",
            "谨防加QQ退款的骗局",
            "Could you confirm your email address?",
            "您的手机号填错了，少一位",
            "please contact the carrier with your tracking number",
            "Never share your OTP on Telegram or by phone",
            "填一下收货人姓名、电话、地址",
            "手机壳和手机膜都送",
            "北京东城区可以当天达",
            "@小美 麻烦看一下这单",
            "We will notify you by mail and SMS",
        ],
    ),
    (
        "talk",
        &[
            "亲，在的，请问有什么可以帮您",
            "这款面料是纯棉的，不起球",
            "Thanks for waiting! I checked with the warehouse.",
            "好的，已经帮您备注了",
            "I'm sorry for the trouble. A replacement is on its way.",
            "穿上很显瘦的，特别百搭",
            "You're welcome. Have a nice day!",
            "麻烦拍个照片看看哪里破了",
            "可以的，七天无理由退换",
            "明白了，我这就帮您催一下",
            "The sole is rubber and the upper is leather.",
            "今天下单，明天就能发走",
            "It's in stock in red, blue and green.",
            "洗的时候水温不要超过三十度",
            "一般两三天就到了",
            "No problem, take your time.",
            "线上下单，就近发货",
            "一会儿给您回复",
            "加绒加厚款更暖和",
            "加急的话今天能发",
            "薇薇您好",
            "参加微信公众平台认证的是另一家公司",
        ],
    ),
    (
        "lists of numbers",
        &[
            "第1步、第2步、第3步都在说明书第12页",
            "1、选择商品 2、提交订单 3、确认收货",
            "颜色 01 02 03 05 08 号都有",
            "色号{d3}、{d3}、{d3}现货",
            "pick 2 of 3, i.e. 1+2 or 2+3",
            "批次 {d4} {d4} {d4} 都检过",
            "1. wash 2. dry 3. iron at 110 C",
            "口红色号 {d3} 最显白",
            "编号{d5}-{d5}这一段有问题",
            "12 24 36期都可以分",
            "RGB 255 128 64",
            "{d2}×{d2}×{d2}，重{d1}.{d1}kg",
            "比分3:2，时间90分钟",
            "IP68防水，15项防护",
        ],
    ),
];

fn fill(dice: &mut Dice, frame: &str) -> String {
    let (mut text, mut rest) = (String::new(), frame);
    while let Some((before, behind)) = rest.split_once('{') {
        let (slot, next) = behind.split_once('}').expect("a slot is closed");
        text.push_str(before);
        let digits = |dice: &mut Dice, count: usize| -> String {
            (0..count).map(|at| char::from(b'0' + if at == 0 { 1 + dice.below(9) } else { dice.below(10) } as u8)).collect()
        };
        match slot {
            "L" => text.push(char::from(b'A' + dice.below(26) as u8)),
            // Looks like a mobile number, but it was said what it is.
            "m" => text.push_str(&format!("13{}", digits(dice, 9))),
            "h" => text.push_str(&(150 + dice.below(45)).to_string()),
            "w" => text.push_str(&(45 + dice.below(50)).to_string()),
            "M" => text.push_str(&(1 + dice.below(9)).to_string()),
            "D" => text.push_str(&(10 + dice.below(18)).to_string()),
            "H" => text.push_str(&(10 + dice.below(12)).to_string()),
            count => {
                let count = count.trim_start_matches('d').parse().expect("a slot of digits");
                text.push_str(&digits(dice, count));
            }
        }
        rest = next;
    }
    text + rest
}

/// Sentences without a contact.
pub fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice::new(seed, 2);
    let ends = ["", "", "", "哦", "，亲", " :)", "~", " Thanks!", "。"];
    let make = |_| {
        let (kind, frames) = SENTENCES[dice.below(SENTENCES.len())];
        let frame = frames[dice.below(frames.len())];
        let text = fill(&mut dice, frame) + ends[dice.below(ends.len())];
        Case { contact: false, kind: kind.to_owned(), text }
    };
    (0..count).map(make).collect()
}
