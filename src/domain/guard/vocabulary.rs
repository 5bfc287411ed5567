//! The words by which the guard knows what a number, a name or a code is: found in one pass over a text.

use super::normal::Normal;
use super::words::{Finder, Squeezed};
use std::ops::Range;
use std::sync::LazyLock;

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A number near it rings somebody.
    Phone,
    /// A number near it is that of an order, a parcel, a product, a sum.
    Number,
    /// WeChat, by one of its names.
    Wechat,
    /// WeChat, as only those write it who hide it.
    Hidden,
    /// Asks for another messenger in so many words.
    Ask,
    Qq,
    Messenger,
    /// A messenger whose name is also a common word.
    Vague,
    /// The number of the group in [`PLATFORMS`].
    Platform(usize),
    Coupon,
}

/// A word of the vocabulary in a text.
#[derive(Clone, Debug)]
pub struct Seen {
    pub term: Term,
    /// In the normal text.
    pub at: Range<usize>,
}

const PHONE: &str = "电话 手机号 手机号码 电话号码 联系方式 联系电话 联系 致电 来电 拨打 拨 打电话 打给 座机 热线 短信 号码 传真 记一下 记好 联络 \
    直线 回电 dianhua shouji tel telephone phone mobile cell cellphone call dial ring hotline helpline contact reach sms fax landline \
    extension number direct_line phone_number mobile_number contact_number toll_free tollfree my_number text_me text_us ping_me buzz_me text ph digits 訂電話 電話 手機";
const NUMBER: &str = "订单 订单号 订单编号 订单号码 单号 运单 运单号 快递单 快递单号 快递号 快递号码 物流单号 编号 货号 条码 条形码 流水 流水号 交易号 交易 \
    取件码 提货码 验证码 校验码 型号 款号 批号 批次 序列号 参考号 账号 帐号 账户 账户号 卡号 银行卡 银行卡号 邮编 邮政编码 身份证 身份证号 工单 工单号 商品 商品号 \
    商品编码 退款单 尾号 税号 发票 发票号 发票号码 金额 价格 日期 生产日期 保质期 有效期 编码 箱号 库存 数量 快递 批文 备案号 许可证 许可证号 专利号 流水账号 预约号 排队号 \
    券号 卡密 会员号 桌号 单据号 凭证号 合同号 订單 參考號 order orders order_number order_id order_no tracking tracking_number tracking_id tracking_no ref reference \
    reference_number reference_no ticket ticket_number ticket_id case case_number case_id invoice invoice_number sku model model_number serial \
    serial_number imei isbn ean upc barcode awb waybill shipment shipment_number shipment_id parcel parcel_number consignment transaction \
    transaction_id transaction_number txn upi upi_id postcode post_code zip zip_code pin pin_code pincode account account_number card_number item_number item part_number id \
    batch batch_number lot confirmation confirmation_number booking booking_number code gst rma utr arn asin product_id product price amount total date \
    return_id request_id request request_number complaint complaint_number complaint_id claim claim_number claim_id size version tracking_code \
    registration_number license_number patent_number passport_number model_no part_no serial_no invoice_no dimensions incident sn mrn bill number_of";
const WECHAT: &str = "微信 wechat weixin wei_xin v_x w_x 威信 卫星 卫星号 维信 we_chat 微芯 微讯 魏信 微号 v号 wexin wechat_id 微心 v心 薇号 薇 v 微 wxid 围信";
const HIDDEN: &str = "薇信 徽信 溦信 葳信 微伈 嶶信 v信 vxin 绿泡泡 绿色软件 薇芯 薇心 维芯 崴信 佳薇 加溦 蔚信 惟信 薇❤ wei❤ 扌加 口口号 扣口号 weixing号 wei信 微xin v芯";
const ASK: &str = "微信号 微信同号 微信联系 微信私聊 微信聊 微信群 微信沟通 微信详聊 微信细聊 微信找我 微信发你 微信发我 微信上聊 微信上说 微信咨询 发我微信 \
    加v 加我v 加个v 加vx 加wx 加我vx 加我wx 加个vx 加薇 加我薇 加个薇 加威 加微 加我微 加个微 加一下微 加下微 添加微 微我 私v 加徽 加我徽 佳v \
    jia_wei_xin jia_vx 加好友 加个好友 互加 扫码加 扫码添加 微信多少 留个微信 留微信 留下微信 换个微信 \
    加qq 加我qq 加个qq qq号 qq群 qq联系 加扣扣 扣扣号 加企鹅 企鹅号 qq多少 扣扣多少 加我扣扣 加扣 加我企鹅 \
    钉钉号 加钉钉 钉钉群 加飞书 加陌陌 line_id 加line skype_id 加skype 加tg 加telegram 加whatsapp 加电报 加我电报 公众号搜 关注公众号 搜公众号 关注微信公众号 \
    私下交易 线下交易 私下联系 私下转账 站外交易 deal_outside pay_me_directly outside_the_platform outside_this_platform off_platform";
const QQ: &str = "q_q q扣 扣我 扣扣 企鹅 扣q q号 叩叩 球球 抠抠 q群 秋秋 蔻蔻 q";
const MESSENGER: &str = "whatsapp whats_app whatsap watsapp whatapp telegram skype viber kakao kakaotalk kakao_talk snapchat zalo wickr imo discord 电报 \
    纸飞机 tg 钉钉 飞书 陌陌 探探 line账号 instagram facebook_messenger insta ig fb facebook ins";
const VAGUE: &str = "line signal messenger 飞机 snap wa";
const COUPON: &str = "优惠券 优惠码 优惠卷 优惠口令 折扣码 折扣券 红包 红包码 红包口令 口令 淘口令 券码 兑换码 兑换券 抵用券 代金券 满减券 卡券 领券 礼品码 礼品卡 coupon coupons \
    coupon_code promo promo_code promotion_code promotional_code discount_code voucher voucher_code gift_code gift_card use_code with_code enter_code \
    apply_code redeem redemption_code checkout_code";

/// Platforms; the names of each are one group.
pub const PLATFORMS: [&[&str]; 34] = [
    &["淘宝", "淘寶", "taobao", "某宝", "桃宝", "掏宝", "陶宝", "淘宝网", "tao bao"],
    &["天猫", "天貓", "tmall", "某猫", "tian mao"],
    &["京东", "京東", "jingdong", "jd.com", "狗东", "某东", "京东商城", "jing dong", "jd商城"],
    &["拼多多", "pinduoduo", "拼夕夕", "某多多", "并夕夕", "pdd", "pin duo duo", "拼多"],
    &["抖音", "douyin", "tiktok", "tik tok", "某音", "抖店", "dou yin", "抖因"],
    &["快手", "kuaishou", "快手小店"],
    &["小红书", "xiaohongshu", "xhs", "小紅書", "小红書", "小红薯", "rednote"],
    &["闲鱼", "xianyu", "咸鱼app", "某鱼"],
    &["唯品会", "vipshop", "vip.com"],
    &["苏宁易购", "苏宁", "suning"],
    &["1688网", "阿里1688", "1688平台", "1688.com", "1688店铺"],
    &["阿里巴巴", "alibaba"],
    &["速卖通", "aliexpress", "ali express"],
    &["亚马逊", "amazon"],
    &["沃尔玛", "walmart"],
    &["temu"],
    &["shein", "希音"],
    &["ebay", "易贝"],
    &["shopee", "虾皮"],
    &["lazada", "来赞达"],
    &["etsy"],
    &["当当网", "dangdang"],
    &["得物app", "得物平台", "dewu"],
    &["考拉海购", "网易考拉"],
    &["网易严选"],
    &["weidian", "微店app", "微店平台", "我的微店"],
    &["有赞", "youzan"],
    &["转转app", "zhuanzhuan"],
    &["蘑菇街"],
    &["flipkart"],
    &["myntra"],
    &["mercado libre", "mercadolibre"],
    &["rakuten", "楽天"],
    &["alibaba.com", "wish.com"],
];

struct Vocabulary {
    finder: Finder,
    terms: Vec<Term>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let lists = [
        (Term::Phone, PHONE),
        (Term::Number, NUMBER),
        (Term::Wechat, WECHAT),
        (Term::Hidden, HIDDEN),
        (Term::Ask, ASK),
        (Term::Qq, QQ),
        (Term::Messenger, MESSENGER),
        (Term::Vague, VAGUE),
        (Term::Coupon, COUPON),
    ];
    let listed = lists.iter().flat_map(|(term, list)| list.split_whitespace().map(|word| (*term, word.replace('_', " "))));
    let platforms =
        PLATFORMS.iter().enumerate().flat_map(|(no, names)| names.iter().map(move |name| (Term::Platform(no), (*name).to_owned())));
    let (terms, words): (Vec<Term>, Vec<String>) = listed.chain(platforms).unzip();
    Vocabulary { finder: Finder::new(words.iter().map(String::as_str)), terms }
});

/// All words of the vocabulary in a text, by where they end.
pub fn read(squeezed: &Squeezed) -> Vec<Seen> {
    let vocabulary = &*VOCABULARY;
    let mut seen = Vec::new();
    vocabulary.finder.find(squeezed, |no, at| {
        seen.push(Seen { term: vocabulary.terms[no], at });
        true
    });
    seen
}

/// Whether a platform's group is one that the shop may name.
pub fn is_own(group: usize, own: &[Vec<char>]) -> bool {
    PLATFORMS[group].iter().any(|name| own.contains(&plain(name)))
}

/// A name as it is compared.
pub fn plain(name: &str) -> Vec<char> {
    Normal::new(name).chars.into_iter().filter(|c| c.is_alphanumeric()).collect()
}
