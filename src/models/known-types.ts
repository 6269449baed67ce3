/** Written by test/fixtures/model-configs/make_types.py from transformers 5.23.0; not to be edited. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * All model types that transformers knows: language models; those of models that take pictures or sound and have a language model inside; encoder-decoder models; and what is no
 * language model, or a part of another.
 */
export const KNOWN_TYPES = {
  decoder: words(`
    afmoe apertus arcee aria_text axk1 axk2 bailing_hybrid bamba beam bert-generation biogpt bitnet bloom blt codegen cohere cohere2
    cohere2_moe cohere_compass_text cpmant ctrl cwm dbrx deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 diffllama doge dots1
    dots3_note dots3_note_text emu3 ernie4_5 ernie4_5_moe exaone4 exaone_moe falcon falcon_h1 falcon_mamba flex_olmo flint fuyu gemma
    gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma4 gemma4_assistant gemma4_text gemma4_unified gemma4_unified_assistant
    gemma4_unified_text git glm glm4 glm4_moe glm4_moe_lite glm_moe_dsa got_ocr2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox
    gpt_neox_japanese gpt_oss gptj granite granite_swa granitemoe granitemoe_swa granitemoehybrid granitemoeshared helium hrm_text
    hunyuan_v1_dense hunyuan_v1_moe hy_v3 hy_v4 hyperclovax inkling2_text inkling_text internlm3 iquestcoder jais2 jamba jetmoe
    kimi_linear kolibri1 laguna lfm2 lfm2_moe lfm3 llama llama4 llama4_text longcat_flash mamba mamba2 mellum mimo_v2_flash minicpm3
    minimax minimax_m2 minimax_m3_vl_text ministral ministral3 mistral mixtral mllama modernbert-decoder moshi mpt musicgen
    musicgen_melody nanochat nemotron nemotron_h olmo olmo2 olmo3 olmo_hybrid olmoe openai-gpt opt persimmon phi phi3 phi4_multimodal
    phimoe qwen2 qwen2_moe qwen3 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen3_moe qwen3_next qwen4_exp qwen4_exp_text
    recurrent_gemma rwkv seed_oss smollm3 solar_open stablelm starcoder2 trocr vaultgemma whisper xglm xlnet xlstm youtu zamba zamba2
    zaya
  `),
  withPictures: words(`
    aria aya_vision blip blip-2 chameleon cohere2_vision cohere_compass cosmos3_edge cosmos3_omni deepseek_ocr2 deepseek_vl
    deepseek_vl_hybrid diffusion_gemma ernie4_5_vl_moe evolla exaone4_5 fast_vlm florence2 fun_asr_nano glm46v glm4v glm4v_moe
    glm5_next glm_ocr glmga granite4_vision granite_docling hunyuan_vl hyperclovax_vision_v2 idefics idefics2 idefics3 inkling2
    inkling_mm_model instructblip instructblipvideo internvl janus kimi_k25 kosmos-2 kosmos-2.5 kyutai_speech_to_text lfm2_vl lfm3_vl
    lighton_ocr llava llava_next llava_next_video llava_onevision minicpm_ocr minicpmv4_6 minicpmv4_7 minimax_m3_vl mistral3 mistral4
    mistral_large4 molmo2 muse_glimmer muse_spark nemotron_h_omni ovis2 paddleocr_vl paligemma perception_lm pi0 pix2struct
    pp_chart2table pp_formulanet qianfan_ocr qwen2_5_omni qwen2_5_omni_thinker qwen2_5_vl qwen2_vl qwen3_omni_moe
    qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe shieldgemma2 smolvlm step3p7 udop unlimited_ocr video_llama_3 video_llava vipllava
    vision-encoder-decoder
  `),
  encoderDecoder: words(`
    audioflamingo3 bart bigbird_pegasus blenderbot blenderbot-small encoder-decoder fsmt glmasr granite_speech granite_speech_plus led
    longt5 m2m_100 marian mbart moss_transcribe_diarize mt5 musicflamingo mvp nemo_speechlm nllb-moe pegasus pegasus_x plbart
    prophetnet qwen2_audio qwen3_asr seamless_m4t seamless_m4t_v2 switch_transformers t5 t5gemma t5gemma2 umt5 vibevoice_asr voxtral
    voxtral_realtime
  `),
  other: words(`
    EvollaModel aimv2 aimv2_text_model aimv2_vision_model albert align align_text_model align_vision_model altclip altclip_text_model
    altclip_vision_model audio-spectrogram-transformer audioflamingo3_encoder autoformer bark beit bert big_bird bit blip_2_qformer
    blip_2_vision_model blip_text_model blip_vision_model blt_global_transformer blt_local_decoder blt_local_encoder blt_patcher
    bridgetower bridgetower_text_model bridgetower_vision_model bros camembert canary canary_decoder canine chameleon_vqgan
    chinese_clip chinese_clip_text_model chinese_clip_vision_model chmv2 clap clap_audio_model clap_text_model clip clip_text_model
    clip_vision_model clipseg clipseg_text_model clipseg_vision_model clvp clvp_decoder clvp_encoder cohere_asr cohere_compass_vision
    colmodernvbert colpali colqwen2 conditional_detr convbert convnext convnextv2 cosmos3_edge_text cosmos3_edge_vision csm
    csm_depth_decoder_model cvt d_fine dab-detr dac data2vec-audio data2vec-text data2vec-vision deberta deberta-v2
    decision_transformer deepseek_ocr2_encoder deepseek_ocr2_sam_vision_model deepseek_ocr2_text deepseek_ocr2_vision deformable_detr
    deimv2 deit depth_anything depth_pro detr dia dia_decoder dia_encoder diffusion_gemma_text dinat dinov2 dinov2_with_registers
    dinov3_convnext dinov3_vit distilbert donut-swin dots3_note_audio_encoder dots3_note_vision_encoder dpr dpt edgetam
    edgetam_mask_decoder edgetam_prompt_encoder edgetam_video edgetam_video_mask_decoder edgetam_video_prompt_encoder
    edgetam_vision_model efficientloftr efficientnet electra embedding_gemma2 embedding_gemma2_text emu3_text_model emu3_vqgan encodec
    eomt eomt_dinov3 ernie ernie4_5_vl_moe_text ernie4_5_vl_moe_vision esm esmc esmfold2 eurobert exaone4_5_vision
    fastspeech2_conformer fastspeech2_conformer_hifigan fastspeech2_conformer_with_hifigan flaubert flava flava_image_codebook
    flava_image_model flava_multimodal_model flava_text_model florence_vision fnet focalnet fun_asr_nano_encoder funnel gemma3n_audio
    gemma3n_vision gemma4_audio gemma4_unified_audio gemma4_unified_vision gemma4_vision git_vision_model glm4v_moe_text
    glm4v_moe_vision glm4v_text glm4v_vision glm5_next_text glm5_next_vision glm_image glm_image_text glm_image_vision
    glm_image_vqmodel glm_ocr_text glm_ocr_vision glmasr_encoder glpn got_ocr2_vision gradium_phonon_tts granite4_vision_text
    granite_docling_text granite_docling_vision granite_speech5_ctc granite_speech5_encoder granite_speech_encoder
    granite_speech_plus_encoder grounding-dino groupvit groupvit_text_model groupvit_vision_model gte hgnet_v2 hiera higgs_audio_v2
    higgs_audio_v2_tokenizer hubert hunyuan_vl_text hunyuan_vl_vision ibert idefics2_perceiver idefics2_vision idefics3_vision
    idefics_perciever idefics_vision ijepa imagegpt informer inkling2_vision inkling_audio inkling_vision instructblip_qformer
    instructblip_vision_model instructblipvideo_qformer instructblipvideo_vision_model internvl_vision janus_vision_model janus_vqgan
    jev jina_embeddings_v3 kimi_k25_vision kosmos_2_5_text_model kosmos_2_5_vision_model kosmos_2_text_model kosmos_2_vision_model
    lasr_ctc lasr_encoder layoutlm layoutlmv2 layoutlmv3 layoutxlm levit lfm3_vl_vision lightglue lilt llama4_vision_model longformer
    luke lw_detr lw_detr_vit lxmert markuplm mask2former maskformer maskformer-swin megatron-bert metaclip_2 metaclip_2_text_model
    metaclip_2_vision_model mgp-str mimi mimi_decoder mimi_encoder minicpm_ocr_vision minicpmv4_6_vision minicpmv4_7_vision
    minimax_m3_vl_vision mistral_large4_text mlcd mlcd_vision_model mllama_text_model mllama_vision_model mm-grounding-dino mobilebert
    mobilenet_v1 mobilenet_v2 mobilevit mobilevitv2 modernbert modernvbert molmo2_adapter molmo2_text molmo2_vision moonshine
    moonshine_streaming moonshine_streaming_encoder moshi_depth moss_transcribe_diarize_audio mpnet mra muse_glimmer_assistant
    muse_glimmer_text muse_glimmer_vision muse_spark_audio muse_spark_text muse_spark_vision musicgen_decoder musicgen_melody_decoder
    nemotron3_5_asr nemotron3_5_transcribe_asr_audio nemotron3_5_transcribe_audio nemotron3_5_transcribe_word_timestamp
    nemotron3_diarization nemotron3_diarization_audio nemotron_asr_streaming nemotron_asr_streaming_encoder neomme neucodec nomic_bert
    nougat nystromformer omdet-turbo oneformer openai_privacy_filter ovis2_vision owlv2 owlv2_text_model owlv2_vision_model owlvit
    owlvit_text_model owlvit_vision_model paddleocr_vl_text paddleocr_vl_vision parakeet_ctc parakeet_encoder parakeet_rnnt
    parakeet_tdt patchtsmixer patchtst pe_audio pe_audio_encoder pe_audio_video pe_audio_video_encoder pe_video pe_video_encoder
    perceiver phi4_multimodal_audio phi4_multimodal_vision pix2struct_text_model pix2struct_vision_model pixio pixtral pocket_tts
    pocket_tts_audio_tokenizer pocket_tts_audio_tokenizer_decoder pocket_tts_audio_tokenizer_encoder poolformer pop2piano
    pp_chart2table_vision pp_doclayout_v2 pp_doclayout_v3 pp_doclayout_v4 pp_formulanet_text pp_formulanet_vision pp_lcnet pp_lcnet_v3
    pp_lcnet_v4 pp_ocrv5_mobile_det pp_ocrv5_mobile_rec pp_ocrv5_server_det pp_ocrv5_server_rec pp_ocrv6_medium_det pp_ocrv6_small_det
    pp_ocrv6_small_rec pp_ocrv6_tiny_rec prompt_depth_anything pvt pvt_v2 qianfan_ocr_vision qwen2_5_omni_audio_encoder
    qwen2_5_omni_bigvgan qwen2_5_omni_dit qwen2_5_omni_talker qwen2_5_omni_text qwen2_5_omni_token2wav qwen2_5_omni_vision_encoder
    qwen2_5_vl_text qwen2_5_vl_vision qwen2_audio_encoder qwen2_vl_text qwen2_vl_vision qwen3_5_moe_vision qwen3_5_vision
    qwen3_asr_encoder qwen3_omni_moe_audio_encoder qwen3_omni_moe_talker_code_predictor qwen3_omni_moe_talker_text qwen3_omni_moe_text
    qwen3_omni_moe_vision_encoder qwen3_vl_moe_text qwen3_vl_moe_vision qwen3_vl_text qwen3_vl_vision qwen4_exp_vision radio rag
    reformer regnet rembert resnet rf_detr rf_detr_dinov2 roberta roberta-prelayernorm roc_bert roformer rt_detr rt_detr_resnet
    rt_detr_v2 sam sam2 sam2_hiera_det_model sam2_mask_decoder sam2_prompt_encoder sam2_video sam2_video_mask_decoder
    sam2_video_prompt_encoder sam2_vision_model sam3 sam3_detr_decoder sam3_detr_encoder sam3_geometry_encoder sam3_lite_text
    sam3_lite_text_detr_decoder sam3_lite_text_detr_encoder sam3_lite_text_geometry_encoder sam3_lite_text_mask_decoder
    sam3_lite_text_text_model sam3_mask_decoder sam3_tracker sam3_tracker_mask_decoder sam3_tracker_prompt_encoder sam3_tracker_video
    sam3_tracker_video_mask_decoder sam3_tracker_video_prompt_encoder sam3_video sam3_vision_model sam3_vit_model sam_hq
    sam_hq_mask_decoder sam_hq_prompt_encoder sam_hq_vision_model sam_mask_decoder sam_prompt_encoder sam_vision_model sapiens2
    sapiens2_head segformer seggpt sew sew-d siglip siglip2 siglip2_text_model siglip2_vision_model siglip_text_model
    siglip_vision_model slanet slanext slanext_vision smolvlm_vision speech-encoder-decoder speech_to_text speecht5 speecht5_hifigan
    splinter squeezebert step3p5 step3p5_vision superglue superpoint swiftformer swin swin2sr swinv2 t5_gemma_module t5gemma2_decoder
    t5gemma2_encoder t5gemma2_text table-transformer tapas textnet time_series_transformer timesfm timesfm2_5 timesformer
    timm_backbone timm_wrapper tipsv2 tipsv2_dpt tipsv2_text_model tipsv2_vision_model tvp ultrabert ultravbert unispeech
    unispeech-sat univnet unlimited_ocr_sam_vision_model unlimited_ocr_text unlimited_ocr_vision unlimited_ocr_vision_encoder upernet
    uvdoc uvdoc_backbone vibevoice vibevoice_acoustic_tokenizer vibevoice_acoustic_tokenizer_decoder
    vibevoice_acoustic_tokenizer_encoder vibevoice_diffusion video_llama_3_vision videomae videomt videoprism videoprism_text_model
    videoprism_vision_model vilt vision-text-dual-encoder visual_bert vit vit_mae vit_msn vitdet vitmatte vitpose vitpose_backbone
    vits vivit vjepa2 voxtral_encoder voxtral_realtime_encoder voxtral_realtime_text wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm
    xclip xclip_text_model xclip_vision_model xcodec xcodec2 xlm xlm-roberta xlm-roberta-xl xmod yolos yoso zoedepth
  `),
} as const;
